import { chargeMinutes } from "../../layers/access/index.ts";
import { environmentValue, log, readSettings } from "../../layers/core/index.ts";
import { chooseAudioTrack, chooseSubtitleTrack, probeMedia } from "../../layers/media/index.ts";
import { keys, objectSource, putObject } from "../../layers/storage/index.ts";
import { type ProbeOutput, probeInputSchema } from "../../layers/workflow/index.ts";
import { readGiven } from "./given.ts";
import { report } from "./progress.ts";
import { stopwatch } from "./timings.ts";
import { isTranscriptAlone, probeTranscript } from "./transcript-alone.ts";

/** Decides from the headers what the upload is, refuses what is not media or is over the limits, and writes probe.json. */
export async function handler(event: unknown): Promise<ProbeOutput> {
  const tookMs = stopwatch();
  const { job, workPrefix, executionName } = probeInputSchema.parse(event);
  await report({ ...job, executionName }, { status: "running", object: { etag: job.etag, sizeBytes: job.sizeBytes } });
  if (isTranscriptAlone(job)) return { ...(await probeTranscript(job)), tookMs: tookMs() };
  // A transcript that cannot be read should be known of before anything is decoded.
  if (job.options.transcript) await readGiven(job);
  const settings = readSettings(process.env);
  const info = await probeMedia(objectSource(job), {
    limits: {
      maxSizeBytes: (job.options.url ? settings.MAX_URL_SIZE_MB : settings.MAX_VIDEO_SIZE_MB) * 1_048_576,
      maxDurationMs: settings.MAX_DURATION_MINUTES * 60_000,
    },
  });
  await chargeMinutes({ tenant: job.tenant, executionName }, info.durationEstimated ? 0 : (info.durationMs ?? 0), {
    minutesPerDay: settings.TENANT_MINUTES_PER_DAY,
  });
  const track = chooseAudioTrack(info, { track: job.options.audioTrack, language: job.options.language });
  const bucket = environmentValue("RESULTS_BUCKET");
  await putObject(bucket, keys.probe(workPrefix), `${JSON.stringify(info, null, 2)}\n`, "application/json");
  await report(
    { ...job, executionName },
    {
      media: {
        container: info.container,
        durationMs: info.durationMs,
        audioCodec: track.codec,
        video: info.video && `${info.video.codec} ${info.video.width}×${info.video.height}`,
      },
    },
  );
  log.info("probed", { jobId: job.jobId, demuxer: info.demuxer, durationMs: info.durationMs });
  return {
    container: info.container,
    demuxer: info.demuxer,
    audioTrack: track.index,
    subtitleTrack: job.options.subtitles ? (chooseSubtitleTrack(info, job.options)?.index ?? null) : null,
    durationMs: info.durationEstimated ? null : info.durationMs,
    startMs: info.startMs,
    tookMs: tookMs(),
  };
}
