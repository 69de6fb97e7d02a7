import { log, MediaError, sha256Hex } from "../../layers/core/index.ts";
import { extractSubtitles } from "../../layers/media/index.ts";
import {
  keys,
  largestGivenTranscriptBytes,
  objectSource,
  putObject,
  withTranscript,
} from "../../layers/storage/index.ts";
import { parseTranscript } from "../../layers/transcript/index.ts";
import { type SubtitlesOutput, subtitlesInputSchema } from "../../layers/workflow/index.ts";

/**
 * Takes the subtitles out of a file and puts them where a transcript that came with it would be. Nothing is lost where they hold no text
 * or cannot be read: then the speech is recognised.
 */
export async function handler(event: unknown): Promise<SubtitlesOutput> {
  const { job, probe } = subtitlesInputSchema.parse(event);
  if (probe.subtitleTrack === null) return { job };
  const vtt = await extractSubtitles(objectSource(job), {
    track: probe.subtitleTrack,
    demuxer: probe.demuxer,
    mostBytes: largestGivenTranscriptBytes,
  });
  if (!hasText(vtt)) {
    log.warn("the subtitles of a file hold no text", { jobId: job.jobId });
    return { job };
  }
  const body = Buffer.from(vtt);
  await putObject(job.bucket, keys.givenTranscript(job), body, "text/vtt");
  const transcript = { format: "vtt" as const, sizeBytes: body.length, sha256: sha256Hex(body) };
  return { job: { ...job, options: withTranscript(job.options, transcript) } };
}

function hasText(vtt: string): boolean {
  try {
    return parseTranscript("vtt", vtt).segments.length > 0;
  } catch (error) {
    if (error instanceof MediaError && error.code === "transcript.invalid") return false;
    throw error;
  }
}
