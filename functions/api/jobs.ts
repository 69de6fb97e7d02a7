import { z } from "zod";
import { jobRecordSchema, listJobs, readJob } from "../../layers/storage/index.ts";
import { callerOf } from "./caller.ts";
import { endpoint, json, parseQuery } from "./http.ts";
import { withProgress } from "./job-progress.ts";
import { jobOf } from "./job-reply.ts";

const status = jobRecordSchema.shape.status;

export const querySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  /** The `next` of the page before. */
  cursor: z
    .string()
    .regex(/^[0-9a-z-]{1,64}$/, "the next of an earlier reply")
    .optional(),
  /** One or several, with commas between them. */
  status: z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(status))
    .optional(),
  /** Only jobs made at this time or later. */
  since: z
    .union([z.iso.datetime({ offset: true }), z.iso.date()], "a time such as 2026-11-21T08:00:00Z")
    .transform((text) => Date.parse(text))
    .optional(),
});

/**
 * `GET /v1/jobs/{jobId}`: one job's record with its progress. `GET /v1/jobs?limit=&status=&since=&cursor=`: a page of them, newest first;
 * `next` is the cursor of the page after it, null where there is none. A page may be short of `limit` and have a `next` all the same.
 */
export const handler = endpoint(async (event) => {
  if (event.pathParameters?.jobId !== undefined) return json(200, await withProgress(await readJob(jobOf(event))));
  const { limit, cursor, status: statuses, since: sinceMs } = parseQuery(event, querySchema);
  const page = await listJobs(callerOf(event).tenant, { limit, cursor, statuses, sinceMs });
  return json(200, { jobs: page.jobs, next: page.cursor });
});
