import { z } from "zod";
import { jobOfExecution, log } from "../../layers/core/index.ts";
import { keys } from "../../layers/storage/index.ts";
import { toldSoFar } from "../../layers/webhooks/index.ts";
import { failInputSchema, tellOfEnd } from "../../layers/workflow/index.ts";
import { recordFailure } from "../workflow/record-failure.ts";

/**
 * EventBridge's "Step Functions Execution Status Change".
 * https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
 */
const eventSchema = z.object({
  detail: z.object({
    name: z.string(),
    status: z.enum(["FAILED", "TIMED_OUT", "ABORTED"]),
    /** JSON text; absent where it was too long for an event. */
    input: z.string().nullish(),
    error: z.string().nullish(),
    cause: z.string().nullish(),
  }),
});

/**
 * An execution that did not succeed: the workflow's own last step reports what a Catch can see, this function the rest
 * (a time-out, a stop, a definition that was refused). A job that has its reason already keeps it. Whom the execution could not tell
 * of its job's end is told now.
 */
export async function handler(event: unknown): Promise<void> {
  const { name, status, input, error, cause } = eventSchema.parse(event).detail;
  const job = failInputSchema.shape.job.safeParse(jobOf(name, input));
  if (!job.success) {
    log.warn("an execution that is not a job's ended", { executionName: name, status });
    return;
  }
  const record = await recordFailure({
    job: job.data,
    workPrefix: keys.workPrefix(name),
    executionName: name,
    failure: { step: "workflow", error: error ?? `States.${status}`, cause: cause ?? "" },
  });
  // The end of an older execution, or of one that only told of an end, is no news.
  if (record?.executionName !== name) return;
  const told = toldSoFar(record);
  // One that was told of in vain has had its attempts; a time-out may have cut them short.
  if (told === "nothing" || (told === "tried" && status === "TIMED_OUT")) await tellOfEnd(record);
}

/** An execution's input is the job; where it is not told, its name says which. */
function jobOf(name: string, input: string | null | undefined): unknown {
  return input ? (JSON.parse(input) as unknown) : jobOfExecution(name);
}
