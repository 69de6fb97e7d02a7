import { openTestS3 } from "./s3.ts";
import { type RecordingStates, recordingStates } from "./states.ts";

export type TestStack = AsyncDisposable & { states: RecordingStates };

/** S3 and a Step Functions that only keeps names, with this process's environment pointed at both. */
export async function openTestStack(environment: Record<string, string> = {}): Promise<TestStack> {
  const states = await recordingStates();
  const storage = await openTestS3({ ...states.environment, ...environment });
  return {
    states,
    async [Symbol.asyncDispose]() {
      await storage[Symbol.asyncDispose]();
      await states[Symbol.asyncDispose]();
    },
  };
}
