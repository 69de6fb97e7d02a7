import { log, MediaError, sha256Hex } from "../../layers/core/index.ts";
import {
  type CaptionChoice,
  Download,
  type DownloadOptions,
  mediaHeaders,
  readJson3,
} from "../../layers/fetch/index.ts";
import { type JobOptions, keys, largestGivenTranscriptBytes, putObject } from "../../layers/storage/index.ts";
import { type Cue, parseTranscript, transcriptText } from "../../layers/transcript/index.ts";
import type { ExecutionInput } from "../../layers/workflow/index.ts";

/** Captions that were published with the media, as a given transcript in JSON. */
export type PublishedCaptions = { json: string; language: string; automatic: boolean };

/** @returns undefined where there are none, or none that can be had or read: the media is what matters then */
export async function downloadCaptions(
  choice: CaptionChoice | undefined,
  options: DownloadOptions,
): Promise<PublishedCaptions | undefined> {
  if (!choice) return undefined;
  const { language, automatic } = choice;
  try {
    const cues = readCues(choice, await downloadText(choice, options));
    const [code] = language.toLowerCase().split(/[-_]/);
    const segments = cues.map(({ startMs, endMs, text }) => ({ start: startMs / 1000, end: endMs / 1000, text }));
    const json = JSON.stringify({ language: code, segments });
    // As the steps after this one will read it: what they would refuse must not stand in the way of the media.
    if (Buffer.byteLength(json) > largestGivenTranscriptBytes) {
      throw new MediaError("transcript.invalid", "The captions are larger than a transcript may be.");
    }
    parseTranscript("json", json);
    return { json, language, automatic };
  } catch (error) {
    options.signal?.throwIfAborted();
    const code = error instanceof MediaError ? error.code : String(error);
    // What the guard refused is an attack or a mistake, and not the lack of captions.
    if (code.startsWith("source.forbidden")) throw error;
    log.warn("published captions could not be used", { language, automatic, code });
    return undefined;
  }
}

/** At most 5 MiB, so it may be held at once. */
async function downloadText({ url, headers }: CaptionChoice, options: DownloadOptions): Promise<string> {
  await using download = await Download.open(url, {
    ...options,
    headers: mediaHeaders(headers),
    maxBytes: largestGivenTranscriptBytes,
  });
  const chunks: Buffer[] = [];
  for await (const bytes of download.bytes()) chunks.push(bytes);
  return transcriptText(Buffer.concat(chunks));
}

function readCues({ format }: CaptionChoice, text: string): Pick<Cue, "startMs" | "endMs" | "text">[] {
  if (format !== "json3") return parseTranscript(format, text).segments;
  const lines = readJson3(text);
  if (lines.length === 0) throw new MediaError("transcript.invalid", "The captions have no text.");
  return lines;
}

/** Puts captions where a transcript that came with an upload would be. */
export async function storeCaptions(
  job: ExecutionInput,
  { json }: PublishedCaptions,
): Promise<NonNullable<JobOptions["transcript"]>> {
  const body = Buffer.from(json);
  await putObject(job.bucket, keys.givenTranscript(job), body, "application/json");
  return { format: "json", sizeBytes: body.length, sha256: sha256Hex(body) };
}
