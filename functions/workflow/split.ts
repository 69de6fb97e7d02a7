import { PcmReader, type PlannedWindow, WindowPlanner } from "../../layers/audio/index.ts";
import { environmentValue, log, readSettings } from "../../layers/core/index.ts";
import { decodePcm } from "../../layers/media/index.ts";
import { JsonLinesWriter, keys, objectSource, putObject } from "../../layers/storage/index.ts";
import { type PlannedWindow as PlanLine, type SplitOutput, splitInputSchema } from "../../layers/workflow/index.ts";
import { report } from "./progress.ts";

/**
 * Decodes the audio track once, as a stream, and cuts it into windows at silence: one object per window, one line per window
 * in plan.jsonl, and what voice activity heard in activity.jsonl. Memory does not depend on the length of the file.
 */
export async function handler(event: unknown): Promise<SplitOutput> {
  const { job, workPrefix, executionName, probe } = splitInputSchema.parse(event);
  const bucket = environmentValue("RESULTS_BUCKET");
  const output = new SplitWriter(bucket, workPrefix);
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
      limits: { maxDurationMs: readSettings(process.env).MAX_DURATION_MINUTES * 60_000 },
    });
    for await (const chunk of decoder.stdout) {
      await output.write(planner.push(reader.push(chunk)), planner.takeActivity());
    }
    await output.write(planner.flush(), planner.takeActivity());
    const { warnings } = await decoder.done;
    await output.end();
    await report({ jobId: job.jobId, executionName }, { windows: output.windows });
    log.info("split", { jobId: job.jobId, windows: output.windows, durationMs: output.durationMs });
    return {
      windows: output.windows,
      planKey: keys.plan(workPrefix),
      activityKey: keys.activity(workPrefix),
      durationMs: output.durationMs,
      warnings,
    };
  } catch (error) {
    await output.abort();
    throw error;
  }
}

class SplitWriter {
  windows = 0;
  durationMs = 0;
  readonly #bucket: string;
  readonly #workPrefix: string;
  readonly #plan: JsonLinesWriter;
  readonly #activity: JsonLinesWriter;

  constructor(bucket: string, workPrefix: string) {
    this.#bucket = bucket;
    this.#workPrefix = workPrefix;
    this.#plan = new JsonLinesWriter(bucket, keys.plan(workPrefix));
    this.#activity = new JsonLinesWriter(bucket, keys.activity(workPrefix));
  }

  async write(
    windows: readonly PlannedWindow[],
    activity: readonly { startMs: number; endMs: number }[],
  ): Promise<void> {
    for (const { index, startMs, endMs, speech, pcm } of windows) {
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
