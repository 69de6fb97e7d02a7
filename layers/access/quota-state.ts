import { setTimeout as sleep } from "node:timers/promises";
import type { z } from "zod";
import { environmentValue, MediaError } from "../core/index.ts";
import { getJson, putObject } from "../storage/index.ts";

const mostTries = 20;

/**
 * Changes a counter that many processes change, by read, change, write-if-unchanged. `change` may run several times; where it throws or
 * answers undefined nothing is written.
 * @throws MediaError `storage.conflict` after twenty lost races
 */
export async function changeCounter<S extends z.ZodType>(
  key: string,
  schema: S,
  change: (state: z.output<S> | undefined) => Promise<z.output<S> | undefined> | z.output<S> | undefined,
): Promise<void> {
  const bucket = environmentValue("RESULTS_BUCKET");
  for (let attempt = 0; attempt < mostTries; attempt++) {
    const found = await getJson(bucket, key);
    const next = await change(found && schema.parse(found.value));
    if (next === undefined) return;
    const condition = found ? { onlyIfEtag: found.etag } : { onlyIfAbsent: true };
    if (await putObject(bucket, key, JSON.stringify(next), "application/json", condition)) return;
    await sleep(Math.min(500, 10 * 2 ** attempt) * Math.random());
  }
  throw new MediaError("storage.conflict", "Too many requests of one tenant are counted at once. Try again.");
}
