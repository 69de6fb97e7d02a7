import { type Schedule, schedules } from "../app/index.ts";

const minuteMs = 60_000;

/**
 * Invokes the functions that the clock invokes, as EventBridge does on AWS.
 * @param options.atStart also at once: what was due while the host was down
 * @param invoke takes an event for a function; an event that cannot be taken comes again
 * @returns how to stop
 */
export function keepSchedules(
  invoke: (functionName: Schedule["function"]) => void,
  { atStart }: { atStart: boolean },
  onError: (error: unknown) => void,
): () => void {
  const timers = schedules.map(({ function: target, everyMinutes }) => {
    const run = () => {
      try {
        invoke(target);
      } catch (error) {
        onError(error);
      }
    };
    if (atStart) run();
    // A host that has nothing else to do may end.
    return setInterval(run, everyMinutes * minuteMs).unref();
  });
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}
