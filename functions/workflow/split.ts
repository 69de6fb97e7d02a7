import { LogMelMaximum, PcmReader, type PlannedWindow, WindowPlanner } from "../../layers/audio/index.ts";
import { environmentValue, log, readSettings } from "../../layers/core/index.ts";
import { decodePcm } from "../../layers/media/index.ts";
import { JsonLinesWriter, keys, ObjectWriter, objectSource, putObject } from "../../layers/storage/index.ts";
import {
  type PlannedWindow as PlanLine,
  planWork,
  type SplitOutput,
  splitInputSchema,
} from "../../layers/workflow/index.ts";
import { report } from "./progress.ts";
import { stopwatch } from "./timings.ts";

/**
 * Decodes the audio track once, as a stream, and cuts it into windows at silence: one object per window, one line per window
 * in plan.jsonl, and what voice activity heard in activity.jsonl. For `exact` mode it keeps the audio in one piece instead, and
 * measures its loudest mel on the way. Memory does not depend on the length of the file.
 */
export async function handler(event: unknown): Promise<SplitOutput> {
  const tookMs = stopwatch();
  const { job, workPrefix, executionName, probe } = splitInputSchema.parse(event);
  const bucket = environmentValue("RESULTS_BUCKET");
  const settings = readSettings(process.env);
  const work = planWork(job.options, settings);
  const output = new SplitWriter(bucket, workPrefix, { keepWindows: work.recognition === "windows" });
  const whole = work.recognition === "exact" ? new WholeAudio(bucket, workPrefix) : undefined;
  try {
    const windowMs = Number(environmentValue("MODEL_WINDOW_MS"));
    const planner = new WindowPlanner({
      windowMs,
      // Every window costs a pass of the encoder over its whole length, so a longer window may hold longer pauses.
      maxSilenceInsideMs: windowMs / 10,
    });
    const reader = new PcmReader();
    await using decoder = decodePcm(objectSource(job), {
      audioTrack: probe.audioTrack,
      demuxer: probe.demuxer,
      declaredDurationMs: probe.durationMs,
      limits: { maxDurationMs: settings.MAX_DURATION_MINUTES * 60_000 },
    });
    for await (const chunk of decoder.stdout) {
      const pcm = reader.push(chunk);
      await whole?.write(chunk, pcm);
      await output.write(planner.push(pcm), planner.takeActivity());
    }
    await output.write(planner.flush(), planner.takeActivity());
    const { warnings } = await decoder.done;
    const audio = (await whole?.end()) ?? null;
    await output.end();
    const { windows, durationMs } = output;
    await report({ jobId: job.jobId, executionName }, audio ? { exact: { seekMs: 0, durationMs } } : { windows });
    log.info("split", { jobId: job.jobId, recognition: work.recognition, windows, durationMs });
    const activityKey = keys.activity(workPrefix);
    return {
      ...{ work, windows, planKey: keys.plan(workPrefix), activityKey, audio, durationMs, warnings },
      tookMs: tookMs(),
    };
  } catch (error) {
    await whole?.abort();
    await output.abort();
    throw error;
  }
}

/** The audio in one object, for the loop of `exact` mode, and the first of its two passes. */
class WholeAudio {
  readonly #key: string;
  readonly #object: ObjectWriter;
  readonly #maximum = new LogMelMaximum(Number(environmentValue("MODEL_MEL_BINS")));

  constructor(bucket: string, workPrefix: string) {
    this.#key = keys.audio(workPrefix);
    this.#object = new ObjectWriter(bucket, this.#key, "application/octet-stream");
  }

  async write(chunk: Buffer, pcm: Float32Array): Promise<void> {
    this.#maximum.push(pcm);
    await this.#object.write(chunk);
  }

  async end(): Promise<SplitOutput["audio"]> {
    await this.#object.end();
    return { key: this.#key, melMaximum: this.#maximum.finish() };
  }

  abort(): Promise<void> {
    return this.#object.abort();
  }
}

class SplitWriter {
  windows = 0;
  durationMs = 0;
  readonly #bucket: string;
  readonly #workPrefix: string;
  readonly #keepWindows: boolean;
  readonly #plan: JsonLinesWriter;
  readonly #activity: JsonLinesWriter;

  constructor(bucket: string, workPrefix: string, { keepWindows }: { keepWindows: boolean }) {
    this.#bucket = bucket;
    this.#workPrefix = workPrefix;
    this.#keepWindows = keepWindows;
    this.#plan = new JsonLinesWriter(bucket, keys.plan(workPrefix));
    this.#activity = new JsonLinesWriter(bucket, keys.activity(workPrefix));
  }

  async write(
    windows: readonly PlannedWindow[],
    activity: readonly { startMs: number; endMs: number }[],
  ): Promise<void> {
    for (const { index, startMs, endMs, speech, pcm } of this.#keepWindows ? windows : []) {
      const line: PlanLine = { index, key: keys.window(this.#workPrefix, index), startMs, endMs, speech };
      await putObject(this.#bucket, line.key, pcm, "application/octet-stream");
      await this.#plan.write(line);
      this.windows = index + 1;
    }
    for (const span of activity) {
      await this.#activity.write(span);
      this.durationMs = span.endMs;
    }
  }

  async end(): Promise<void> {
    await this.#plan.end();
    await this.#activity.end();
  }

  async abort(): Promise<void> {
    await this.#plan.abort();
    await this.#activity.abort();
  }
}
