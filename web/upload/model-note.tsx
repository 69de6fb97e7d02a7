import { call } from "../api/client.ts";
import type { Health } from "../api/types.ts";
import { strings } from "../strings.ts";
import { useLoad } from "../ui/load.ts";

/** Which model is at work here, and how to get a real one where it is the demo. */
export function ModelNote() {
  const { value: health } = useLoad((signal) => call<Health>("GET", "/health", { signal }), []);
  if (!health) return null;
  const [model] = health.models;
  if (!model) return <p class="hint">{strings.model.none}</p>;
  if (!model.demo) return <p class="hint">{strings.model.inUse(model.id, model.precision)}</p>;
  return (
    <p class="demo-note">
      {strings.model.demo} {strings.model.real} <code>{strings.model.realCommand}</code>
    </p>
  );
}
