import { readJsonLines } from "../../layers/storage/index.ts";
import type { ActivitySpan } from "../../layers/transcript/index.ts";
import { activitySpanSchema } from "../../layers/workflow/index.ts";

/** What voice activity heard. Spans are bounded by the duration limit: some ten thousand for a day of speech. */
export async function readActivity(bucket: string, key: string): Promise<ActivitySpan[]> {
  const spans: ActivitySpan[] = [];
  for await (const line of readJsonLines(bucket, key)) spans.push(activitySpanSchema.parse(line));
  return spans;
}
