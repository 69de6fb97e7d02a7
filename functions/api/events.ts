import { createHash } from "node:crypto";
import { readJob } from "../../layers/storage/index.ts";
import { endpoint } from "./http.ts";
import { withProgress } from "./job-progress.ts";
import { jobOf } from "./job-reply.ts";

/** When a client that was told all there is to tell comes back. */
const retryMs = 1_500;

/**
 * `GET /v1/jobs/{jobId}/events`: the job as a server-sent event, whenever it has changed. Where replies are not streamed, as behind an
 * HTTP API, this answers with what is new since `Last-Event-ID` and ends; the client's reconnection is the next question. A host that can
 * stream keeps the connection and asks in the client's place.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export const handler = endpoint(async (event) => {
  const job = JSON.stringify(await withProgress(await readJob(jobOf(event))));
  const id = createHash("sha256").update(job).digest("hex").slice(0, 16);
  const isNew = event.headers["last-event-id"] !== id;
  const body = `retry: ${retryMs}\n\n${isNew ? `id: ${id}\nevent: job\ndata: ${job}\n\n` : ""}`;
  return { statusCode: 200, headers: { "content-type": "text/event-stream", "cache-control": "no-store" }, body };
});
