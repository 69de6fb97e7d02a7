import { z } from "zod";
import { parseJobId } from "../../layers/core/index.ts";
import { indexJob, processEmbedder, requireSearchIndex } from "../../layers/search/index.ts";
import { callerOf } from "./caller.ts";
import { endpoint, json, parseBody } from "./http.ts";

export const bodySchema = z.union([
  z.strictObject({ clear: z.literal(true) }),
  z.strictObject({
    jobId: z.string().transform((text) => parseJobId(text)),
    /** The `next` of the reply before, until it is the count. */
    from: z.number().int().min(0).default(0),
  }),
]);

/** What is left of a request's 29 s for the last batch and its reply. */
const workMs = 15_000;

/**
 * `POST /v1/search/reindex`: `{"clear": true}` forgets all of the caller's passages, `{"jobId", "from"}` indexes one job, as far as the
 * request's time goes. A client that does first the one and then the other for each job makes the index anew.
 */
export const handler = endpoint(async (event) => {
  const { tenant } = callerOf(event);
  const body = parseBody(event, bodySchema);
  if ("clear" in body) {
    const index = await requireSearchIndex();
    await index.clear(tenant);
    return json(200, { ...(await index.describe(tenant)), embedsWith: (await processEmbedder()).embedding });
  }
  const until = performance.now() + workMs;
  return json(
    200,
    await indexJob({ tenant, jobId: body.jobId }, { from: body.from, goOn: () => performance.now() < until }),
  );
});
