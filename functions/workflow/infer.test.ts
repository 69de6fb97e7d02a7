import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { bytesFromPcm, minVoice } from "../../layers/audio/index.ts";
import { defaultTenant, newJobId, voiceModelIds } from "../../layers/core/index.ts";
import { resolveModel, resolveVoiceModel } from "../../layers/models/index.ts";
import { getJson, jobOptionsSchema, keys, putObject } from "../../layers/storage/index.ts";
import { sileroPath } from "../../layers/voice-activity/index.ts";
import { englishDigits } from "../../layers/voice-activity/samples.fixture.ts";
import { clipOutputSchema, clipPlanOutputSchema } from "../../layers/workflow/index.ts";
import { openTestS3 } from "../../test/support/s3.ts";
import { handler } from "./infer.ts";

let storage: AsyncDisposable;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-infer-"));
  const model = await resolveModel({ id: "demo", modelsDirectory: directory, precision: "int8" });
  storage = await openTestS3({ MODEL_DIR: model.directory, ACTIVITY_MODEL_PATH: sileroPath });
});
afterAll(async () => {
  await storage[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

afterEach(() => {
  vi.unstubAllEnvs();
});

it.each([
  ["keeps a window's text where its voices cannot be judged for good", "windows", ["transcribe", "voice"], undefined],
  ["fails where judging was all there was to do", "none", ["voice"], "model.missing"],
])("%s", async (_name, recognition, tasks, code) => {
  const workPrefix = `work/${recognition}/`;
  const window = { index: 0, key: keys.window(workPrefix, 0), startMs: 0, endMs: 2_000, speech: [[0, 2_000]] };
  await putObject("results", window.key, Buffer.alloc(2 * 32_000), "application/octet-stream");
  const ran = handler({
    ...{ tenant: defaultTenant, jobId: newJobId(), workPrefix, window, options: jobOptionsSchema.parse({}) },
    work: { recognition, tasks, language: recognition === "windows", mode: "parallel" },
  });
  if (code) await expect(ran).rejects.toMatchObject({ code });
  else await ran;
  const result = await getJson("results", keys.result(workPrefix, 0));
  if (code) expect(result).toBeUndefined();
  else expect(result?.value).toMatchObject({ segments: expect.any(Array) });
});

it("adds the judgement that an earlier attempt could not make, and keeps the text as it is", async () => {
  const workPrefix = "work/judged-later/";
  const window = { index: 0, key: keys.window(workPrefix, 0), startMs: 0, endMs: 2_000, speech: [[0, 2_000]] };
  await putObject("results", window.key, Buffer.alloc(2 * 32_000), "application/octet-stream");
  const infer = () =>
    handler({
      ...{ tenant: defaultTenant, jobId: newJobId(), workPrefix, window, options: jobOptionsSchema.parse({}) },
      work: { recognition: "windows", tasks: ["transcribe", "voice"], language: true, mode: "parallel" },
    });
  const result = async () => (await getJson("results", keys.result(workPrefix, 0)))?.value as object;
  expect(await infer()).toEqual({ index: 0, reused: false });
  const text = await result();
  expect(text).not.toHaveProperty("voice");
  expect(await infer()).toEqual({ index: 0, reused: true });

  const { directory: built } = await resolveVoiceModel({
    ...{ id: voiceModelIds.demo, modelsDirectory: directory, precision: "int8" },
  });
  vi.stubEnv("VOICE_MODEL_DIR", built);
  expect(await infer()).toEqual({ index: 0, reused: false });
  const whole = await result();
  expect(whole).toEqual({ ...text, voice: { scores: expect.any(Array), skipped: false } });
  expect(await infer()).toEqual({ index: 0, reused: true });
  expect(await result()).toEqual(whole);
});

it.each([["transcribe"], ["transcribe", "voice"]])("leaves a damaged result to merge: %s", async (...tasks) => {
  const workPrefix = `work/damaged-${tasks.length}/`;
  const window = { index: 0, key: keys.window(workPrefix, 0), startMs: 0, endMs: 2_000, speech: [[0, 2_000]] };
  await putObject("results", keys.result(workPrefix, 0), '{"segments": [{"te', "application/json");
  const reply = await handler({
    ...{ tenant: defaultTenant, jobId: newJobId(), workPrefix, window, options: jobOptionsSchema.parse({}) },
    work: { recognition: "windows", tasks, language: true, mode: "parallel" },
  });
  expect(reply).toEqual({ index: 0, reused: true });
});

const asClip = (pcm: Float32Array) => Buffer.from(bytesFromPcm(pcm)).toString("base64");

it("cuts a clip into windows as split does a file: all speech, and no window without a voice", async () => {
  const pcm = await englishDigits();
  const output = await handler({ clipPlan: { pcm: asClip(pcm), windowMs: 10_000 } });
  const { activity, windows } = clipPlanOutputSchema.parse(output);
  expect(activity.at(-1)?.endMs).toBe(Math.ceil(pcm.length / 16));
  const spoken = activity.filter(({ kind }) => kind === "speech").map(({ startMs, endMs }) => [startMs, endMs]);
  expect(spoken.length).toBeGreaterThan(1);
  expect(windows.flatMap(({ speech }) => speech)).toEqual(spoken);
  expect(windows.every(({ voice }) => voice !== undefined && voice > minVoice)).toBe(true);
});

it("has neither windows nor scores for a clip without a voice, and needs no detector for that", async () => {
  const tone = Float32Array.from({ length: 48_000 }, (_, n) => 0.2 * Math.sin(n / 3));
  const planned = clipPlanOutputSchema.parse(await handler({ clipPlan: { pcm: asClip(tone), windowMs: 10_000 } }));
  expect(planned.windows).toEqual([]);
  expect(planned.activity).toContainEqual(expect.objectContaining({ kind: "other" }));
  const judged = clipOutputSchema.parse(await handler({ clip: { pcm: asClip(tone) } }));
  expect(judged).toEqual({ activity: planned.activity, scores: [] });
});

it("judges the speech that it finds in a clip", async () => {
  const { directory: built } = await resolveVoiceModel({
    ...{ id: voiceModelIds.demo, modelsDirectory: directory, precision: "int8" },
  });
  vi.stubEnv("VOICE_MODEL_DIR", built);
  const { activity, scores } = clipOutputSchema.parse(await handler({ clip: { pcm: asClip(await englishDigits()) } }));
  expect(activity.some(({ kind }) => kind === "speech")).toBe(true);
  expect(scores.length).toBeGreaterThan(0);
});
