import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import type { z } from "zod";
import { type ErrorCode, environmentValue, errorCodes, MediaError } from "../../layers/core/index.ts";
import type { ClipInput, ClipPlanInput, SpeechClipInput } from "../../layers/workflow/index.ts";

let client: LambdaClient | undefined;

/**
 * Has the function that holds the models work on a clip, and waits for it.
 * @throws MediaError with the code of the function's own error; `request.timeout` where the signal ends the waiting
 */
export async function invokeInfer<S extends z.ZodType>(
  input: ClipInput | ClipPlanInput | SpeechClipInput,
  output: S,
  abortSignal?: AbortSignal,
): Promise<z.output<S>> {
  client ??= new LambdaClient({});
  const command = new InvokeCommand({
    FunctionName: environmentValue("INFER_FUNCTION"),
    Payload: JSON.stringify(input),
  });
  const reply = await client.send(command, abortSignal ? { abortSignal } : {}).catch((cause: Error) => {
    if (abortSignal?.aborted) throw abortSignal.reason;
    if (cause.name !== "TooManyRequestsException") throw cause;
    throw new MediaError("request.too_many", "All of the host's models are at work. Try again in a moment.", { cause });
  });
  const payload: unknown = JSON.parse(reply.Payload?.transformToString() || "null");
  if (!reply.FunctionError) return output.parse(payload);
  const { errorType = "", errorMessage = "" } = (payload ?? {}) as { errorType?: string; errorMessage?: string };
  if (errorType in errorCodes) throw new MediaError(errorType as ErrorCode, errorMessage);
  if (errorType === "Runtime.OutOfMemory") {
    throw new MediaError("memory.exceeded", "infer: the model ran out of memory. Raise HALFGIG_INFER_MEMORY.");
  }
  throw new MediaError("workflow.step_failed", `infer failed with ${errorType}: ${errorMessage}`);
}
