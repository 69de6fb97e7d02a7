import type { ItemBatcher, MapState } from "../definition/types.ts";
import type { Json, JsonObject } from "../json.ts";
import { maxPayloadBytes } from "../payload.ts";
import type { Step } from "../step.ts";
import { selectItem } from "./map.ts";

/** What one child execution works on. `input` is made when it is asked for: a child that has ended needs none. */
export type Unit = { index: number; itemCount: number; input(): Promise<Json> };

/** Items as the inputs of child executions: one each, or batches where the Map has an ItemBatcher. */
export async function* unitsOf(step: Step<MapState>, items: AsyncIterable<Json>): AsyncGenerator<Unit> {
  if (step.state.ItemBatcher) {
    yield* batches(step, items, step.state.ItemBatcher);
    return;
  }
  let index = 0;
  for await (const item of items) {
    const at = index;
    yield { index: at, itemCount: 1, input: () => selectItem(step, item, at) };
    index += 1;
  }
}

async function* batches(step: Step<MapState>, items: AsyncIterable<Json>, batcher: ItemBatcher): AsyncGenerator<Unit> {
  const { MaxItemsPerBatch, MaxInputBytesPerBatch, BatchInput } = batcher;
  const field = (name: string) => `ItemBatcher/${name}`;
  const maxItems =
    MaxItemsPerBatch === undefined
      ? Number.POSITIVE_INFINITY
      : await step.number(field("MaxItemsPerBatch"), MaxItemsPerBatch, 1);
  const maxBytes =
    MaxInputBytesPerBatch === undefined
      ? maxPayloadBytes
      : Math.min(maxPayloadBytes, await step.number(field("MaxInputBytesPerBatch"), MaxInputBytesPerBatch, 1));
  const head: JsonObject =
    BatchInput === undefined ? {} : { BatchInput: await step.evaluate(field("BatchInput"), BatchInput) };
  const headBytes = Buffer.byteLength(JSON.stringify({ ...head, Items: [] }));

  let index = 0;
  let batch: Json[] = [];
  let batchBytes = headBytes;
  const unit = (): Unit => {
    const input: JsonObject = { ...head, Items: batch };
    const made = { index, itemCount: batch.length, input: async () => input };
    index += 1;
    batch = [];
    batchBytes = headBytes;
    return made;
  };
  let itemIndex = 0;
  for await (const raw of items) {
    const item = await selectItem(step, raw, itemIndex);
    itemIndex += 1;
    const itemBytes = Buffer.byteLength(JSON.stringify(item)) + 1;
    if (batch.length > 0 && (batch.length >= maxItems || batchBytes + itemBytes > maxBytes)) yield unit();
    batch.push(item);
    batchBytes += itemBytes;
  }
  if (batch.length > 0) yield unit();
}
