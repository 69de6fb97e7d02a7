import { z } from "zod";
import { parseJobId, type TenantId } from "../core/index.ts";
import type { IndexedPassage, IndexFilters } from "./index-port.ts";
import { type Passage, voiceVerdicts } from "./passage.ts";

/** What vector stores keep beside a vector. `text` is the one field that nobody filters by, and the one that is long. */
const metadataSchema = z.object({
  id: z.string(),
  job: z.string().transform((text) => parseJobId(text)),
  place: z.number(),
  count: z.number(),
  startMs: z.number(),
  endMs: z.number(),
  language: z.string(),
  verdict: z.enum(["", ...voiceVerdicts]),
  text: z.string(),
});

export function metadataOf(tenant: TenantId, passage: IndexedPassage): Record<string, string | number> {
  const { id, jobId, index, count, startMs, endMs, createdMs, language, voiceVerdict, text } = passage;
  const verdict = voiceVerdict ?? "";
  return { tenant, id, job: jobId, place: index, count, startMs, endMs, createdMs, language, verdict, text };
}

export function passageOf(metadata: unknown): Passage {
  const { job, place, verdict, ...rest } = metadataSchema.parse(metadata);
  return { ...rest, jobId: job, index: place, voiceVerdict: verdict === "" ? null : verdict };
}

type Condition = Record<string, Record<`$${string}`, string | number>>;

/** The filters in the language that Amazon S3 Vectors and Pinecone have both. The tenant is always part of it. */
export function filterOf(tenant: TenantId, filters: IndexFilters = {}): { $and: Condition[] } {
  const { jobId, language, voiceVerdict, fromMs, toMs, sinceMs, untilMs } = filters;
  const conditions: [string, `$${string}`, string | number | undefined][] = [
    ["tenant", "$eq", tenant],
    ["job", "$eq", jobId],
    ["language", "$eq", language],
    ["verdict", "$eq", voiceVerdict],
    ["endMs", "$gt", fromMs],
    ["startMs", "$lt", toMs],
    ["createdMs", "$gte", sinceMs],
    ["createdMs", "$lt", untilMs],
  ];
  return {
    $and: conditions.flatMap(([name, operator, value]) =>
      value === undefined ? [] : [{ [name]: { [operator]: value } }],
    ),
  };
}

/** A record that is no passage has this vector: stores refuse vectors of zeros. */
export const markerVector = (size: number): number[] => [1, ...Array<number>(size - 1).fill(0)];

export function* inBatches<Item>(items: readonly Item[], size: number): Generator<Item[]> {
  for (let n = 0; n < items.length; n += size) yield items.slice(n, n + size);
}
