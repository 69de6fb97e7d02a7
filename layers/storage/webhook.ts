import { z } from "zod";
import { environmentValue, type JobRef } from "../core/index.ts";
import { type JobOptions, jobOptionsSchema } from "./job-options.ts";
import { keys } from "./keys.ts";
import { getJson, putObject } from "./objects.ts";

/** Whom to tell when a job ends. With a secret the news is signed. */
export const webhookSchema = z.strictObject({
  url: z
    .string()
    .max(2048)
    .refine((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ""), "an http or https address"),
  /** Shared with the receiver; as Standard Webhooks has it, `whsec_` and base64, or any text of 16 characters and more. */
  secret: z.string().min(16, "at least 16 characters").max(256).optional(),
});
export type Webhook = z.output<typeof webhookSchema>;

export type JobRequest = { options: JobOptions; webhook?: Webhook | undefined };

/**
 * What a sender writes as options: those of the job, and the webhook among them. They are told apart here, because the webhook is no part
 * of what identifies a job's result, and its secret is none of the steps' business.
 */
export const jobRequestSchema = z.record(z.string(), z.unknown()).transform((given, context): JobRequest => {
  const { webhook: hook, ...fields } = given;
  const options = jobOptionsSchema.safeParse(fields);
  const webhook = webhookSchema.optional().safeParse(hook);
  for (const issue of options.error?.issues ?? []) context.addIssue({ ...issue } as never);
  for (const issue of webhook.error?.issues ?? []) {
    context.addIssue({ ...issue, path: ["webhook", ...issue.path] } as never);
  }
  return options.success && webhook.success ? { options: options.data, webhook: webhook.data } : z.NEVER;
});

/** Kept apart from the job's record, which people and steps read. */
export async function storeWebhook(ref: JobRef, webhook: Webhook): Promise<void> {
  await putObject(environmentValue("RESULTS_BUCKET"), keys.webhook(ref), JSON.stringify(webhook), "application/json");
}

export async function findWebhook(ref: JobRef): Promise<Webhook | undefined> {
  const found = await getJson(environmentValue("RESULTS_BUCKET"), keys.webhook(ref));
  return found && webhookSchema.parse(found.value);
}
