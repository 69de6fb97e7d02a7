/** A host in a process of its own, for tests that kill it. Argument: `VictimOptions` as JSON. Tells `HostAddresses`, or why it could not start. */
import { join } from "node:path";
import { MediaError, readSettings } from "../../layers/core/index.ts";
import { resolveModel } from "../../layers/models/index.ts";
import { LocalHost } from "../../stacks/local/host.ts";
import type { HostAddresses, VictimOptions } from "./victim-process.ts";

const options = JSON.parse(process.argv[2] ?? "{}") as VictimOptions;
const say = (message: HostAddresses | { refused: string }) => process.stdout.write(`${JSON.stringify(message)}\n`);

const { modelsDirectory, dataDirectory, functionPlan } = options;
const settings = readSettings({
  HALFGIG_BUNDLE_CACHE: options.bundleCache,
  WHISPER_MODEL: "demo",
  MAX_CONCURRENCY: "1",
  ...(options.site ? { FETCH_ALLOW_HOSTS: options.site } : {}),
});
const model = await resolveModel({ id: "demo", modelsDirectory, precision: "int8" });
const preload = new URL(`./faults/function-preload.ts?plan=${functionPlan ?? ""}`, import.meta.url).href;
const runtime = join(import.meta.dirname, "../../stacks/local/lambda/runtime/client.mjs");
try {
  const host = await LocalHost.open({
    dataDirectory,
    settings,
    model,
    ...(functionPlan ? { runtimeCommand: [process.execPath, "--import", preload, runtime] } : {}),
    onNotice: (line) => process.stderr.write(`${line}\n`),
  });
  process.once("SIGTERM", () => void host.close().then(() => process.exit(0)));
  say({ api: host.url, token: host.accessToken });
} catch (error) {
  say({ refused: error instanceof MediaError ? `${error.code}: ${error.message}` : String(error) });
  process.exit(1);
}
