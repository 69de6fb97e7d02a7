import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultTenant, newJobId } from "../../layers/core/index.ts";
import {
  createJob,
  deletePrefix,
  getJson,
  jobOptionsSchema,
  keys,
  listKeys,
  openObject,
  putObject,
  readJob,
  updateJob,
} from "../../layers/storage/index.ts";
import type { Transcript } from "../../layers/transcript/index.ts";
import { jobRecord } from "../../test/support/job.ts";
import { openTestS3 } from "../../test/support/s3.ts";
import { handler as fail } from "./fail.ts";
import { handler } from "./merge.ts";

let storage: AsyncDisposable;
beforeAll(async () => {
  storage = await openTestS3({
    MODEL_CARD: JSON.stringify({ id: "m", revision: "1", sha256: "", precision: "int8", demo: true }),
    VOICE_MODEL_CARD: JSON.stringify({ id: "ast-asvspoof5", revision: "1", sha256: "", precision: "int8" }),
  });
});
afterAll(() => storage[Symbol.asyncDispose]());

const executionName = "run";
const workPrefix = keys.workPrefix(executionName);
const options = jobOptionsSchema.parse({ mode: "exact" });
const failure = { step: "transcribe", error: "Runtime.OutOfMemory", cause: '{"errorMessage":"killed at 512 MB"}' };

/** A job in exact mode over 20 s, of which `slices` of 5 s are transcribed. */
async function exactJob(slices: number) {
  const ref = { tenant: defaultTenant, jobId: newJobId() };
  const upload = { key: keys.upload(ref), sizeBytes: 1 };
  await createJob(jobRecord({ ...ref, status: "running", options, upload, executionName }));
  // Those of a partial job stay, for a retry.
  await deletePrefix("results", workPrefix);
  const put = (key: string, value: unknown, metadata = {}) =>
    putObject("results", key, `${JSON.stringify(value)}\n`, "application/json", { metadata });
  await put(keys.activity(workPrefix), { startMs: 0, endMs: 20_000, kind: "speech" });
  const language = { code: "en", probability: 0.9, source: "detected", candidates: [] };
  for (let slice = 0; slice < slices; slice++) {
    const [startMs, endMs] = [slice * 5000, (slice + 1) * 5000];
    const evidence = { tokens: [1], temperature: 0, avgLogprob: -0.1, compressionRatio: 1, noSpeechProb: 0, flags: [] };
    const found = {
      segments: [{ startMs, endMs, text: `slice ${slice}`, ...evidence }],
      windows: [{ startMs, endMs, language, silent: false }],
      checkpoint: { seekMs: endMs },
      done: slice === 3,
    };
    await put(keys.exactSlice(workPrefix, slice), found, { "took-ms": "7" });
  }
  const work = { recognition: "exact", tasks: ["transcribe"], language: true, mode: "exact" };
  const audio = { key: keys.audio(workPrefix), melMaximum: 1 };
  const activityKey = keys.activity(workPrefix);
  const event = {
    job: { ...ref, bucket: "uploads", key: upload.key, etag: "e", sizeBytes: 1, options, webhook: false },
    ...{ workPrefix, executionName, mapManifestKey: null, slices },
    probe: { container: "mp3", demuxer: "mp3", audioTrack: 0, durationMs: 20_000, startMs: 0, tookMs: 3 },
    split: {
      work,
      windows: 0,
      planKey: "",
      mapKey: "",
      activityKey,
      audio,
      durationMs: 20_000,
      warnings: [],
      tookMs: 4,
    },
  };
  return { ref, event };
}

describe("merge in exact mode", () => {
  it("joins the slices, and adds up their times", async () => {
    const { ref, event } = await exactJob(4);
    expect(await handler({ ...event, sliceFailure: null })).toEqual({ status: "done" });
    const job = await readJob(ref);
    expect(job).toMatchObject({ status: "done", timingsMs: { probe: 3, split: 4, recognition: 28 } });
    const transcript = (await getJson("results", keys.transcript(ref, "json")))?.value as Transcript;
    expect(transcript.segments.map(({ text }) => text)).toEqual(["slice 0", "slice 1", "slice 2", "slice 3"]);
    expect(JSON.stringify(transcript)).not.toMatch(/took|timing/i);
  });

  it("leaves what is judged invented out of what people read, and keeps it in the JSON, marked", async () => {
    const { ref, event } = await exactJob(4);
    const key = keys.exactSlice(workPrefix, 1);
    const slice = (await getJson("results", key))?.value as { segments: Record<string, unknown>[] };
    const signs = ["no_speech", "low_logprob"];
    slice.segments[0]!.hallucination = { verdict: "likely", signs, voiceShare: null, repeats: 0 };
    await putObject("results", key, JSON.stringify(slice), "application/json");
    const texts = async () => {
      const formats = ["srt", "vtt", "txt", "tsv"] as const;
      const objects = await Promise.all(formats.map((format) => openObject("results", keys.transcript(ref, format))));
      const chunks = await Promise.all(objects.map((object) => Array.fromAsync(object)));
      return chunks.map((parts) => Buffer.concat(parts).toString());
    };
    await handler({ ...event, sliceFailure: null });
    for (const text of await texts()) expect(text.match(/slice \d/g)).toEqual(["slice 0", "slice 2", "slice 3"]);
    const transcript = (await getJson("results", keys.transcript(ref, "json")))?.value as Transcript;
    expect(transcript.segments.map(({ hallucination }) => hallucination?.verdict)[1]).toBe("likely");
    expect(transcript).toMatchObject({ leftOut: 1, ledger: { totalsMs: { speech: 15_000, unrecognised: 5_000 } } });
    expect(await readJob(ref)).toMatchObject({
      ...{ status: "done", leftOut: 1, languages: [{ code: "en", share: 1 }] },
      warnings: ["0:05–0:10: a voice is heard, but there is no text for it (5.0 s in all)."],
    });
  });

  it("keeps it in everything where the job says so", async () => {
    const { ref, event } = await exactJob(4);
    const key = keys.exactSlice(workPrefix, 1);
    const slice = (await getJson("results", key))?.value as { segments: Record<string, unknown>[] };
    slice.segments[0]!.hallucination = { verdict: "likely", signs: ["no_speech"], voiceShare: null, repeats: 0 };
    await putObject("results", key, JSON.stringify(slice), "application/json");
    const job = { ...event.job, options: { ...event.job.options, keepDoubtful: true } };
    await handler({ ...event, job, sliceFailure: null });
    const srt = await Array.fromAsync(await openObject("results", keys.transcript(ref, "srt")));
    expect(Buffer.concat(srt).toString()).toContain("slice 1");
    expect(await readJob(ref)).toMatchObject({ leftOut: 0 });
  });

  it("keeps what there is when a slice failed for good: partial, with the reason", async () => {
    const { ref, event } = await exactJob(2);
    expect(await handler({ ...event, sliceFailure: failure })).toEqual({ status: "partial" });
    const job = await readJob(ref);
    expect(job.ledgerMs).toEqual({ speech: 10_000, silence: 0, other: 0, unrecognised: 0, failed: 10_000 });
    expect(await Array.fromAsync(listKeys("results", workPrefix))).toEqual([
      keys.exactSlice(workPrefix, 0),
      keys.exactSlice(workPrefix, 1),
    ]);
    expect(job.warnings?.join()).toMatch(/broke off before the end \(memory\.exceeded: .*512 MB/);
  });

  it("fails with the slice's own error where there is nothing", async () => {
    const { event } = await exactJob(0);
    expect(await handler({ ...event, sliceFailure: failure })).toEqual({ status: "failed", failure });
  });

  it("keeps the text where no window's voices could be judged: partial, with the reason", async () => {
    const { ref, event } = await exactJob(4);
    const window = { index: 0, key: "k", startMs: 0, endMs: 20_000, speech: [[0, 20_000]] };
    const work = { ...event.split.work, tasks: ["transcribe", "voice"] };
    const input = { ...ref, workPrefix, options, work, window };
    const item = { Input: JSON.stringify(input), Status: "FAILED", Error: "memory.exceeded", Cause: "too small" };
    const bucket = { DestinationBucket: "results", MapRunArn: "", ResultFiles: {} };
    const files = {
      ...bucket,
      ResultFiles: { FAILED: [{ Key: `${workPrefix}map/FAILED_0.json`, Size: 1 }], SUCCEEDED: [], PENDING: [] },
    };
    await putObject("results", `${workPrefix}map/FAILED_0.json`, JSON.stringify([item]), "application/json");
    await putObject("results", `${workPrefix}map/manifest.json`, JSON.stringify(files), "application/json");
    await putObject("results", keys.plan(workPrefix), `${JSON.stringify(window)}\n`, "application/json");
    const split = { ...event.split, work, windows: 1, planKey: keys.plan(workPrefix), mapKey: keys.plan(workPrefix) };
    const mapManifestKey = `${workPrefix}map/manifest.json`;
    expect(await handler({ ...event, split, mapManifestKey, sliceFailure: null })).toEqual({ status: "partial" });
    const transcript = (await getJson("results", keys.transcript(ref, "json")))?.value as Transcript;
    expect(transcript.segments.map(({ text }) => text)).toEqual(["slice 0", "slice 1", "slice 2", "slice 3"]);
    expect(transcript.warnings).toContain("The voices of 1 of 1 windows could not be judged.");
  });

  it("stays done where only its cleaning failed afterwards", async () => {
    const { ref, event } = await exactJob(4);
    await handler({ ...event, sliceFailure: null });
    await fail({ ...event, failure: { step: "merge", error: "storage.unavailable", cause: "" } });
    expect(await readJob(ref)).toMatchObject({ status: "done" });
  });

  it("writes nothing for a job that was sent other bytes meanwhile", async () => {
    const { ref, event } = await exactJob(4);
    await updateJob(ref, () => ({ executionName: "newer" }));
    await expect(handler({ ...event, sliceFailure: null })).rejects.toMatchObject({ code: "storage.object_changed" });
    expect(await getJson("results", keys.transcript(ref, "json"))).toBeUndefined();
    await fail({ ...event, failure });
    expect(await readJob(ref)).toMatchObject({ status: "running", executionName: "newer" });
  });

  it("refuses where a slice is missing without a reason", async () => {
    const { event } = await exactJob(2);
    await expect(handler({ ...event, slices: 3, sliceFailure: null })).rejects.toMatchObject({
      code: "transcript.incomplete",
    });
  });
});
