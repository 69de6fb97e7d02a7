import { z } from "zod";
import { getJson } from "../storage/index.ts";

const manifestSchema = z.object({
  DestinationBucket: z.string(),
  ResultFiles: z.object({ FAILED: z.array(z.object({ Key: z.string() })).default([]) }),
});
const failedRecordSchema = z.object({
  Input: z.string(),
  Error: z.string().default("States.TaskFailed"),
  Cause: z.string().default(""),
});

/** A child of the Map that failed for good: the input it was given, and why. */
export type FailedItem = { input: unknown; error: string; cause: string };

/**
 * The failed items of a distributed Map, from the files that its ResultWriter left.
 * https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
 */
export async function* readFailedItems(bucket: string, manifestKey: string): AsyncGenerator<FailedItem> {
  const found = await getJson(bucket, manifestKey);
  if (!found) return;
  const manifest = manifestSchema.parse(found.value);
  for (const file of manifest.ResultFiles.FAILED) {
    const records = await getJson(manifest.DestinationBucket, file.Key);
    for (const record of z.array(failedRecordSchema).parse(records?.value ?? [])) {
      yield { input: JSON.parse(record.Input), error: record.Error, cause: record.Cause };
    }
  }
}
