import { LinkedAbort } from "../abort.ts";
import type { MapState } from "../definition/types.ts";
import { isDistributed } from "../definition/types.ts";
import { StatesError } from "../errors.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";
import { announce, concludeInner, failAgain, noteFailure, runInner } from "../parallel.ts";
import type { Step } from "../step.ts";
import { concurrencyOf, eachLimited } from "./concurrency.ts";
import { runDistributedMap } from "./distributed.ts";

/** Runs a Map in its mode. Without a ResultWriter the result is the array of the items' outputs. */
export async function runMap(step: Step<MapState>): Promise<Json> {
  return isDistributed(step.state) ? await runDistributedMap(step) : await runInlineMap(step);
}

async function runInlineMap(step: Step<MapState>): Promise<Json> {
  const { state, scope, signal, name } = step;
  const items = await itemsOf(step);
  const limit = await concurrencyOf(step, state.MaxConcurrency, false);
  announce(step, { type: "MapStateStarted", mapStateStartedEventDetails: { length: items.length } });
  failAgain(scope.snapshot, step, { type: "MapStateFailed" });

  using abort = new LinkedAbort(signal);
  const failures: StatesError[] = [];
  const outputs: Json[] = new Array(items.length).fill(null);
  const iterate = async ([index, item]: [number, Json]) => {
    const iteration = { name, index };
    try {
      outputs[index] = await runInner(step, {
        kind: "i",
        index,
        machine: state.ItemProcessor,
        input: await selectItem(step, item, index),
        signal: abort.signal,
        context: mapContext(item, index),
        frame: {
          opening: [{ type: "MapIterationStarted", mapIterationStartedEventDetails: iteration }],
          closing: () => [{ type: "MapIterationSucceeded", mapIterationSucceededEventDetails: iteration }],
          failing: { type: "MapIterationFailed", mapIterationFailedEventDetails: iteration },
        },
      });
    } catch (thrown) {
      noteFailure(thrown, failures, abort);
    }
  };
  await eachLimited(eachOf(items.entries()), limit, abort.signal, iterate).catch((error: unknown) =>
    noteFailure(error, failures, abort),
  );
  if (signal.aborted) throw signal.reason;
  concludeInner(step, failures, { type: "MapStateFailed" }, { type: "MapStateSucceeded" });
  return outputs;
}

export async function* eachOf<T>(values: Iterable<T>): AsyncGenerator<T> {
  yield* values;
}

/** `$states.context.Map` for an item. */
export function mapContext(item: Json, index: number): JsonObject {
  return { Map: { Item: { Index: index, Value: item } } };
}

/** What an item becomes before it is processed. */
export async function selectItem(step: Step<MapState>, item: Json, index: number): Promise<Json> {
  const { ItemSelector } = step.state;
  return ItemSelector === undefined
    ? item
    : await step.evaluate("ItemSelector", ItemSelector, {}, mapContext(item, index));
}

/** The items a Map was given in its input or its `Items`: an array, or an object's members as `{Key, Value}`. */
export async function itemsOf(step: Step<MapState>): Promise<Json[]> {
  const { Items } = step.state;
  const items = Items === undefined ? step.input : await step.evaluate("Items", Items);
  if (Array.isArray(items)) return items;
  if (isObject(items)) return Object.entries(items).map(([Key, Value]) => ({ Key, Value: Value as Json }));
  throw new StatesError(
    "States.QueryEvaluationError",
    `The items of the Map '${step.name}' must be an array or an object; they are ${JSON.stringify(items).slice(0, 200)}.`,
  );
}
