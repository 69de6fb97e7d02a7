import { environmentValue, type JobRef } from "../../../layers/core/index.ts";
import { getJson, type JobRecord, keys, readJsonLines } from "../../../layers/storage/index.ts";
import {
  EvidenceOfFile,
  joinWindows,
  printedSegments,
  type Segment,
  type WindowResult,
  windowTranscriptSchema,
} from "../../../layers/transcript/index.ts";
import { plannedWindowSchema } from "../../../layers/workflow/index.ts";
import { serverSentEvent } from "../stream/index.ts";
import { follow, storedTranscript } from "./as-job.ts";
import type { OpenedClip } from "./direct.ts";
import { openAiError } from "./errors.ts";
import { textOf } from "./reply.ts";

/**
 * The transcript as OpenAI's server-sent events: deltas while it is recognised, then the text that they add up to; an `error` where it
 * breaks off.
 * https://platform.openai.com/docs/api-reference/audio/transcript-text-delta-event
 */
export async function* transcriptEvents(
  deltas: AsyncGenerator<string, string>,
  gone: AbortSignal,
): AsyncGenerator<string, void> {
  // The head leaves with the first byte: clients wait for it.
  yield ": recognising\n\n";
  try {
    for (;;) {
      const { done, value } = await deltas.next();
      if (done) return yield serverSentEvent({ type: "transcript.text.done", text: value });
      if (value !== "") yield serverSentEvent({ type: "transcript.text.delta", delta: value });
    }
  } catch (error) {
    // Nobody is there to be told.
    if (!gone.aborted) yield serverSentEvent(openAiError(error).body);
  } finally {
    await deltas.return("");
  }
}

/** The text of a clip, window by window as infer hears them. @returns all of it */
export async function* clipText(clip: OpenedClip, signal: AbortSignal): AsyncGenerator<string, string> {
  const results: WindowResult[] = [];
  async function* kept() {
    for await (const result of clip.windows(signal)) {
      results.push(result);
      yield result;
    }
  }
  const text = new GrowingText();
  for await (const segments of printedByWindow(kept(), clip)) yield text.add(segments);
  return textOf(printedSegments((await clip.transcript(results)).segments));
}

/**
 * The text of a job, window by window as their results are stored. Windows that failed leave no result: what comes after them waits for
 * the job's end. @returns all of it, as it is in the transcript
 */
export async function* jobText(ref: JobRef, signal: AbortSignal): AsyncGenerator<string, string> {
  const text = new GrowingText();
  const windows = storedWindows(ref, signal);
  // Where the audio ends nobody has said yet; no window reaches beyond it by more than its own padding.
  const joining = printedByWindow(windows.results, { durationMs: Number.MAX_SAFE_INTEGER });
  for await (const segments of joining) yield text.add(segments);
  const whole = textOf(printedSegments((await storedTranscript(windows.job())).segments));
  yield text.rest(whole);
  return whole;
}

/** Of each window, what is to be read, judged as the whole file's transcript judges it: a window's own judgement misses what came before. */
async function* printedByWindow(
  results: AsyncIterable<WindowResult>,
  bounds: { durationMs: number },
): AsyncGenerator<Segment[]> {
  const evidence = new EvidenceOfFile();
  let voice: { startMs: number; endMs: number }[] | undefined;
  async function* noted() {
    for await (const result of results) {
      voice = result.speech?.map(([startMs, endMs]) => ({ startMs, endMs }));
      yield result;
    }
  }
  for await (const segments of joinWindows(noted(), bounds)) {
    // Where voice activity was not asked, it has nothing to say against a segment.
    evidence.complete(segments, voice ?? [{ startMs: 0, endMs: Number.MAX_SAFE_INTEGER }]);
    yield printedSegments(segments);
  }
}

function storedWindows(ref: JobRef, signal: AbortSignal): { results: AsyncGenerator<WindowResult>; job(): JobRecord } {
  let last: JobRecord | undefined;
  async function* results(): AsyncGenerator<WindowResult> {
    let plan: PlannedPlace[] | undefined;
    let next = 0;
    for await (const job of follow(ref, signal)) {
      last = job;
      if (job.windows === undefined || job.executionName === undefined) continue;
      const bucket = environmentValue("RESULTS_BUCKET");
      const workPrefix = keys.workPrefix(job.executionName);
      // Merge removes plan and results when it has joined them.
      plan ??= await readPlan(bucket, workPrefix);
      for (let window = plan?.[next]; window; window = plan?.[next]) {
        const found = await getJson(bucket, keys.result(workPrefix, window.index)).catch(() => undefined);
        const transcript = windowTranscriptSchema.safeParse(found?.value);
        if (!transcript.success) break;
        yield { ...window, outcome: "ok", transcript: transcript.data };
        next++;
      }
    }
  }
  return {
    results: results(),
    job: () => {
      if (!last) throw new Error(`nobody has asked for job ${ref.jobId}`);
      return last;
    },
  };
}

type PlannedPlace = Pick<WindowResult, "index" | "startMs" | "endMs" | "speech">;

/** Places of windows and of the voice in them: a few numbers for each half minute. Undefined while, or after, there is none. */
async function readPlan(bucket: string, workPrefix: string): Promise<PlannedPlace[] | undefined> {
  try {
    return await Array.fromAsync(readJsonLines(bucket, keys.plan(workPrefix)), (line) => {
      const { index, startMs, endMs, speech } = plannedWindowSchema.parse(line);
      return { index, startMs, endMs, speech };
    });
  } catch {
    return undefined;
  }
}

/** A text that grows by segments. */
class GrowingText {
  #text = "";

  /** @returns what is new */
  add(segments: readonly Pick<Segment, "text">[]): string {
    const more = segments.length === 0 ? "" : `${this.#text === "" ? "" : " "}${textOf(segments)}`;
    this.#text += more;
    return more;
  }

  /** @returns what of the whole was not there yet; nothing where the whole has become another */
  rest(whole: string): string {
    return whole.startsWith(this.#text) ? whole.slice(this.#text.length) : "";
  }
}
