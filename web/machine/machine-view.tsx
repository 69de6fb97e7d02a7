import { ApiError, call } from "../api/client.ts";
import type { FunctionUse, Health } from "../api/types.ts";
import { strings } from "../strings.ts";
import { useLoad } from "../ui/load.ts";
import { Problem } from "../ui/problem.tsx";

/** The memory of each function against its allocation. */
export function MachineView() {
  const { value, error } = useLoad(
    (signal) => call<{ functions: FunctionUse[] }>("GET", "/v1/functions", { signal }),
    [],
  );
  const { value: health } = useLoad((signal) => call<Health>("GET", "/health", { signal }), []);
  const missing = error instanceof ApiError && error.status === 404;
  return (
    <div class="machine-view">
      <h1>{strings.machine.title}</h1>
      {health && <p>{wholeText(health)}</p>}
      {error && (missing ? <p class="empty">{strings.machine.unavailable}</p> : <Problem message={error.message} />)}
      {value && (
        <>
          <p class="hint">{strings.machine.lead}</p>
          <Table functions={value.functions} />
        </>
      )}
    </div>
  );
}

function wholeText({ memory, queue }: Health): string {
  const { usedMiB, allocationMiB } = memory;
  const whole =
    allocationMiB === null ? strings.machine.whole(usedMiB) : strings.machine.wholeLimit(usedMiB, allocationMiB);
  return `${whole} ${strings.machine.queue(queue.running)}`;
}

function Table({ functions }: { functions: readonly FunctionUse[] }) {
  const inOrder = [...functions].sort((a, b) => (b.peakMiB ?? -1) - (a.peakMiB ?? -1));
  return (
    // Wider than a phone: it scrolls by itself, also by keyboard.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="scroll" tabIndex={0} aria-label={strings.machine.title}>
      <table>
        <thead>
          <tr>
            <th scope="col">{strings.machine.function}</th>
            <th scope="col">{strings.machine.peak}</th>
            <th scope="col">{strings.machine.allocation}</th>
            <th scope="col">{strings.machine.invocations}</th>
            <th scope="col">{strings.machine.failures}</th>
          </tr>
        </thead>
        <tbody>
          {inOrder.map(({ name, peakMiB, allocationMiB, invocations, failures }) => (
            <tr key={name} class={peakMiB === null ? "idle" : undefined}>
              <th scope="row">{name}</th>
              <td>
                {peakMiB === null ? (
                  strings.machine.notRun
                ) : (
                  <>
                    <meter
                      max={allocationMiB}
                      high={allocationMiB * 0.9}
                      value={peakMiB}
                      aria-label={strings.machine.use(name, peakMiB, allocationMiB)}
                    />{" "}
                    {strings.machine.mib(peakMiB)}
                  </>
                )}
              </td>
              <td>{strings.machine.mib(allocationMiB)}</td>
              <td>{invocations}</td>
              <td>{failures}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
