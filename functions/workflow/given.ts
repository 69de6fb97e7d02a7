import { buffer } from "node:stream/consumers";
import { MediaError } from "../../layers/core/index.ts";
import { keys, openObject } from "../../layers/storage/index.ts";
import { type GivenTranscript, parseTranscript, transcriptText } from "../../layers/transcript/index.ts";
import type { ExecutionInput } from "../../layers/workflow/index.ts";

/**
 * The transcript that came with a file; 5 MiB at most, which the presigned address saw to.
 * @throws MediaError `transcript.invalid`
 */
export async function readGiven(job: ExecutionInput): Promise<GivenTranscript> {
  const { bucket, options } = job;
  if (!options.transcript) throw new MediaError("workflow.step_failed", `Job ${job.jobId} came without a transcript.`);
  const stored = await openObject(bucket, keys.givenTranscript(job));
  return parseTranscript(options.transcript.format, transcriptText(await buffer(stored)));
}
