import { LinkedAbort } from "../abort.ts";
import type { MapState } from "../definition/types.ts";
import { Interruption, StatesError, toStatesError } from "../errors.ts";
import { failure as failureDetails } from "../history.ts";
import type { Json } from "../json.ts";
import { payloadText } from "../payload.ts";
import { scopeKey } from "../scope-key.ts";
import type { Step } from "../step.ts";
import { mapRunIdentity, runChild } from "./child.ts";
import { concurrencyOf, eachLimited } from "./concurrency.ts";
import { readItems } from "./item-reader.ts";
import { eachOf, itemsOf } from "./map.ts";
import { MapRunProgress } from "./map-run-progress.ts";
import { MapResultFiles } from "./result-writer.ts";
import { Tolerance } from "./tolerance.ts";
import { type Unit, unitsOf } from "./units.ts";

/**
 * Runs a distributed Map: every item, or batch of items, is a child execution with its own history. Items are read as
 * there is room for them; results go to the journal and from there to the ResultWriter's files.
 * @returns `{MapRunArn, ResultWriterDetails}` with a ResultWriter, otherwise the outputs of the children that succeeded.
 */
export async function runDistributedMap(step: Step<MapState>): Promise<Json> {
  const { state } = step;
  const given = state.ItemReader ? undefined : await itemsOf(step);
  const tolerance = await Tolerance.of(step);
  const limit = await concurrencyOf(step, state.MaxConcurrency, true);
  const run = step.entered.mapRun ?? beginRun(step, given?.length ?? 0);
  try {
    const files = await MapResultFiles.of(step, run);
    const items = state.ItemReader ? readItems(step, state.ItemReader) : eachOf(given ?? []);
    const exceeded = await processUnits(step, { run, tolerance, limit, files, units: unitsOf(step, items) });
    const details = await files?.finish();
    if (exceeded) throw exceeded;
    const result = details ? { MapRunArn: run.arn, ResultWriterDetails: details } : collected(step, run);
    step.scope.note({ type: "MapRunSucceeded" });
    step.scope.note({ type: "MapStateSucceeded" });
    return result;
  } catch (thrown) {
    if (step.signal.aborted) throw step.signal.reason;
    const failure = toStatesError(thrown);
    const mapRunFailedEventDetails = failureDetails(failure.error, failure.causeText);
    step.scope.note({ type: "MapRunFailed", mapRunFailedEventDetails });
    step.scope.note({ type: "MapStateFailed" });
    throw failure;
  }
}

function beginRun(step: Step<MapState>, length: number): MapRunProgress {
  const { scope } = step;
  const mapRun = { ...mapRunIdentity(step), keepsOutputs: !step.state.ResultWriter };
  scope.commit(
    { mapRun },
    { type: "MapStateStarted", mapStateStartedEventDetails: { length } },
    { type: "MapRunStarted", mapRunStartedEventDetails: { mapRunArn: mapRun.arn } },
  );
  const { uuid, arn } = mapRun;
  scope.host.onMapRun({ arn, uuid, execution: scope.execution.rootArn, attempt: step.attempt });
  step.entered.mapRun = new MapRunProgress(mapRun);
  return step.entered.mapRun;
}

type Work = {
  run: MapRunProgress;
  tolerance: Tolerance;
  limit: number;
  files: MapResultFiles | undefined;
  units: AsyncIterable<Unit>;
};

/** @returns the error of the map run when more items failed than it tolerates. */
async function processUnits(step: Step<MapState>, work: Work): Promise<StatesError | undefined> {
  const { run, tolerance, limit, files, units } = work;
  const { signal, scope } = step;
  using abort = new LinkedAbort(signal);
  let itemCount = 0;
  const giveUpIfExceeded = (total: number | undefined) => {
    if (tolerance.isExceeded(run.failedItemCount, total)) abort.abort(new Interruption("sibling_failed"));
  };
  giveUpIfExceeded(undefined);
  // The loop goes on after giving up: what was not started is reported as pending.
  await eachLimited(units, limit, signal, async (unit) => {
    itemCount += unit.itemCount;
    if (run.hasEnded(unit.index)) return;
    if (abort.signal.aborted && !wasStarted(step, unit)) {
      await files?.addPending(unit.index, payloadText(await unit.input(), "The input of a child"));
      return;
    }
    await runChild(step, run, unit, abort.signal);
    await scope.host.journal.flush();
    giveUpIfExceeded(undefined);
  });
  if (signal.aborted) throw signal.reason;
  giveUpIfExceeded(itemCount);
  if (!abort.signal.aborted) return undefined;
  return new StatesError(
    "States.ExceedToleratedFailureThreshold",
    `The specified tolerated failure threshold was exceeded: ${run.failedItemCount} items of the Map '${step.name}' failed.`,
  );
}

function wasStarted(step: Step<MapState>, unit: Unit): boolean {
  const segment = scopeKey(step.attempt, "c", unit.index).split("/").at(-1)!;
  return step.scope.snapshot?.children.has(segment) ?? false;
}

function collected(step: Step<MapState>, run: MapRunProgress): Json {
  const outputs = run.outputs();
  if (outputs) return outputs;
  throw new StatesError(
    "States.DataLimitExceeded",
    `The outputs of the Map '${step.name}' are together larger than a payload may be. Give it a ResultWriter.`,
  );
}
