import { chargeMinutes } from "../../layers/access/index.ts";
import {
  LogMelMaximum,
  PcmReader,
  PeakMeter,
  type PlannedWindow,
  sampleRateHz,
  WindowPlanner,
} from "../../layers/audio/index.ts";
import { environmentValue, log, readSettings } from "../../layers/core/index.ts";
import { decodePcm } from "../../layers/media/index.ts";
import { JsonLinesWriter, keys, ObjectWriter, objectSource, putObject } from "../../layers/storage/index.ts";
import { spreadOrder } from "../../layers/voice/index.ts";
import { Silero, SoundOnlyDetector, VoiceActivityDetector } from "../../layers/voice-activity/index.ts";
import {
  needsWindows,
  type PlannedWindow as PlanLine,
  planWork,
  type SplitOutput,
  splitInputSchema,
} from "../../layers/workflow/index.ts";
import { report } from "./progress.ts";
import { stopwatch } from "./timings.ts";
import { isTranscriptAlone, splitTranscript } from "./transcript-alone.ts";

/**
 * Decodes the audio track once, as a stream, and cuts it into windows at silence: one object per window, one line per window
 * in plan.jsonl, and what voice activity heard in activity.jsonl. For `exact` mode it keeps the audio in one piece instead, and
 * measures its loudest mel on the way. How loud it is over time is kept for drawing. Memory does not depend on the length of the file.
 */
export async function handler(event: unknown): Promise<SplitOutput> {
  const tookMs = stopwatch();
  const { job, workPrefix, executionName, probe } = splitInputSchema.parse(event);
  const bucket = environmentValue("RESULTS_BUCKET");
  const settings = readSettings(process.env);
  const work = planWork(job.options, settings);
  if (isTranscriptAlone(job)) {
    return { ...(await splitTranscript(job, { workPrefix, work })), tookMs: tookMs() };
  }
  const output = new SplitWriter(bucket, workPrefix, {
    keepWindows: needsWindows(work),
    // Whoever may stop early must have heard from all parts of the file by then.
    spread: work.tasks.includes("voice") && job.options.voiceBudget !== undefined,
  });
  const whole = work.recognition === "exact" ? new WholeAudio(bucket, workPrefix) : undefined;
  try {
    await using silero = settings.SKIP_AI_MODELS
      ? undefined
      : await Silero.open(environmentValue("ACTIVITY_MODEL_PATH"));
    const windowMs = work.recognition === "none" ? voiceWindowMs : Number(environmentValue("MODEL_WINDOW_MS"));
    const planner = new WindowPlanner({
      detector: silero ? new VoiceActivityDetector(silero) : new SoundOnlyDetector(),
      windowMs,
      // Every window costs a pass of the encoder over its whole length, so a longer window may hold longer pauses.
      maxSilenceInsideMs: windowMs / 10,
    });
    const reader = new PcmReader();
    const peaks = new PeakMeter(sampleRateHz);
    await using decoder = decodePcm(objectSource(job), {
      audioTrack: probe.audioTrack,
      demuxer: probe.demuxer,
      declaredDurationMs: probe.durationMs,
      limits: { maxDurationMs: settings.MAX_DURATION_MINUTES * 60_000 },
    });
    for await (const chunk of decoder.stdout) {
      const pcm = reader.push(chunk);
      peaks.push(pcm);
      await whole?.write(chunk, pcm);
      await output.write(await planner.push(pcm), planner.takeActivity());
    }
    await output.write(await planner.flush(), planner.takeActivity());
    const { warnings } = await decoder.done;
    const audio = (await whole?.end()) ?? null;
    await output.end();
    await putObject(bucket, keys.measuredPeaks(workPrefix), JSON.stringify(peaks.finish()), "application/json");
    const { windows, durationMs, mapKey } = output;
    // What the headers said may have been less, or nothing.
    const quota = { minutesPerDay: settings.TENANT_MINUTES_PER_DAY };
    await chargeMinutes({ tenant: job.tenant, executionName }, durationMs, quota);
    await report({ ...job, executionName }, audio ? { exact: { seekMs: 0, durationMs } } : { windows });
    log.info("split", { jobId: job.jobId, recognition: work.recognition, windows, durationMs });
    const activityKey = keys.activity(workPrefix);
    return {
      ...{ work, windows, planKey: keys.plan(workPrefix), mapKey, activityKey, audio, durationMs, warnings },
      tookMs: tookMs(),
    };
  } catch (error) {
    await whole?.abort();
    await output.abort();
    throw error;
  }
}

/** Where no speech model says how much it takes at once: a detector packs what it takes out of it. */
const voiceWindowMs = 30_000;

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
  /** Plan lines that are kept until their order is known; some hundred bytes for half a minute of audio. */
  readonly #kept: PlanLine[] | undefined;
  readonly #plan: JsonLinesWriter;
  readonly #activity: JsonLinesWriter;

  constructor(bucket: string, workPrefix: string, options: { keepWindows: boolean; spread: boolean }) {
    this.#bucket = bucket;
    this.#workPrefix = workPrefix;
    this.#keepWindows = options.keepWindows;
    this.#kept = options.spread ? [] : undefined;
    this.#plan = new JsonLinesWriter(bucket, keys.plan(workPrefix));
    this.#activity = new JsonLinesWriter(bucket, keys.activity(workPrefix));
  }

  async write(
    windows: readonly PlannedWindow[],
    activity: readonly { startMs: number; endMs: number }[],
  ): Promise<void> {
    for (const { index, startMs, endMs, speech, voice, pcm } of this.#keepWindows ? windows : []) {
      const line: PlanLine = { index, key: keys.window(this.#workPrefix, index), startMs, endMs, speech, voice };
      await putObject(this.#bucket, line.key, pcm, "application/octet-stream");
      await this.#plan.write(line);
      this.#kept?.push(line);
      this.windows = index + 1;
    }
    for (const span of activity) {
      await this.#activity.write(span);
      this.durationMs = span.endMs;
    }
  }

  /** The plan in the order in which its windows are worked on. */
  get mapKey(): string {
    return this.#kept ? keys.spreadPlan(this.#workPrefix) : keys.plan(this.#workPrefix);
  }

  async end(): Promise<void> {
    await this.#plan.end();
    await this.#activity.end();
    if (!this.#kept) return;
    const spread = new JsonLinesWriter(this.#bucket, this.mapKey);
    const of = this.#kept.length;
    for (const [rank, index] of spreadOrder(of).entries()) {
      const line = this.#kept[index];
      if (line) await spread.write({ ...line, rank, of } satisfies PlanLine);
    }
    await spread.end();
  }

  async abort(): Promise<void> {
    await this.#plan.abort();
    await this.#activity.abort();
  }
}
