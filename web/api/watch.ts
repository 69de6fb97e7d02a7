import { parseEvents } from "../../client/events.ts";
import { ApiError, call, request } from "./client.ts";
import { hasEnded, type Job } from "./types.ts";

const pollMs = 1_500;
const longestPauseMs = 15_000;

/**
 * Follows a job until it has ended, by server-sent events; by asking again and again where there are none. `EventSource` cannot send a
 * token, so the stream is read by hand. A connection that breaks is made again, with the last event's id.
 * @throws ApiError where the job cannot be read at all
 */
export async function watchJob(jobId: string, onJob: (job: Job) => void, signal: AbortSignal): Promise<void> {
  let lastEventId: string | undefined;
  let streams = true;
  let pauseMs = pollMs;
  while (!signal.aborted) {
    try {
      if (streams) {
        for await (const { id, data } of events(jobId, lastEventId, signal)) {
          lastEventId = id;
          pauseMs = pollMs;
          const job = JSON.parse(data) as Job;
          onJob(job);
          if (hasEnded(job)) return;
        }
      } else {
        const job = await call<Job>("GET", `/v1/jobs/${jobId}`, { signal });
        pauseMs = pollMs;
        onJob(job);
        if (hasEnded(job)) return;
      }
    } catch (error) {
      if (signal.aborted) return;
      const refused = error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429;
      if (refused && !streams) throw error;
      if (refused) streams = false;
      else pauseMs = Math.min(longestPauseMs, pauseMs * 2);
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

async function* events(jobId: string, lastEventId: string | undefined, signal: AbortSignal) {
  const headers = { accept: "text/event-stream", ...(lastEventId ? { "last-event-id": lastEventId } : {}) };
  const reply = await request("GET", `/v1/jobs/${jobId}/events`, { signal, headers });
  if (!reply.body || !reply.headers.get("content-type")?.startsWith("text/event-stream")) {
    throw new ApiError(406, "no_events", "");
  }
  yield* parseEvents(reply.body);
}
