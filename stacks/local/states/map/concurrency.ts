import { orAborted } from "../abort.ts";
import type { NumberTemplate } from "../definition/types.ts";
import type { Step } from "../step.ts";

/** Step Functions' own ceilings: 40 iterations at once inline, 10,000 child executions. */
const inlineLimit = 40;
const distributedLimit = 10_000;

/** How many items may run at once. 0 and absence mean "as many as possible". */
export async function concurrencyOf(
  step: Step,
  template: NumberTemplate | undefined,
  distributed: boolean,
): Promise<number> {
  const asked = template === undefined ? 0 : Math.floor(await step.number("MaxConcurrency", template, 0));
  const ceiling = distributed ? distributedLimit : inlineLimit;
  return Math.min(asked === 0 ? ceiling : asked, ceiling, step.scope.host.maxConcurrency);
}

/**
 * Works on items as they come, at most `limit` at once, and takes the next item only when there is room for it.
 * Returns when all are done; after a rejection or an abort no further item is taken, and the rejection is thrown once
 * those under way have settled.
 */
export async function eachLimited<T>(
  source: AsyncIterable<T>,
  limit: number,
  signal: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = source[Symbol.asyncIterator]();
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let roomIsFree = () => {};
  try {
    while (failures.length === 0 && !signal.aborted) {
      if (running.size >= limit) {
        await new Promise<void>((resolve) => {
          roomIsFree = resolve;
        });
        continue;
      }
      const { done, value } = await orAborted(iterator.next(), signal);
      if (done) break;
      const task = work(value)
        .catch((error: unknown) => {
          failures.push(error);
        })
        .finally(() => {
          running.delete(task);
          roomIsFree();
        });
      running.add(task);
    }
  } catch (error) {
    failures.push(error);
  }
  await Promise.all(running);
  // Not awaited: a source that is stuck in a read would hold up the abort.
  Promise.resolve(iterator.return?.()).catch(() => {});
  if (failures.length > 0) throw failures[0];
}
