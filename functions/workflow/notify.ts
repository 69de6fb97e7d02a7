import { log, MediaError } from "../../layers/core/index.ts";
import { findWebhook, isFinal, readJob, updateJob } from "../../layers/storage/index.ts";
import { deliver, newsId, newsOf, toldSoFar } from "../../layers/webhooks/index.ts";
import { notifyInputSchema } from "../../layers/workflow/index.ts";

const mostDeliveries = 10;

/**
 * Tells the receiver of a job's webhook how the job ended, and writes into the job's record what came of it. One attempt; the workflow
 * repeats it, with pauses. News that was taken once is not told again.
 * @throws MediaError `webhook.not_delivered`; `webhook.refused` where telling again cannot help
 */
export async function handler(event: unknown): Promise<void> {
  const { job: ref, executionName } = notifyInputSchema.parse(event);
  const job = await readJob(ref);
  // A newer execution will have its own news, and so will a job that was sent again.
  if ((job.executionName ?? null) !== executionName || !isFinal(job)) return;
  const webhook = await findWebhook(ref);
  if (!webhook || toldSoFar(job) === "taken") return;
  const id = newsId(job);
  const { delivered, outcome, tookMs, final } = await deliver(webhook, { id, body: newsOf(job) });
  const delivery = { id, at: new Date().toISOString(), outcome, tookMs };
  await updateJob(ref, ({ deliveries = [] }) => ({ deliveries: [...deliveries, delivery].slice(-mostDeliveries) }));
  log.info("webhook", { ...ref, outcome, delivered });
  if (delivered) return;
  const code = final ? "webhook.refused" : "webhook.not_delivered";
  throw new MediaError(code, `The webhook of job ${job.jobId} was not taken: ${outcome}.`);
}
