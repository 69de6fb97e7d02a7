import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ApiClient } from "../../../cli/client.ts";
import { readSettings } from "../../../layers/core/index.ts";
import { resolveModel } from "../../../layers/models/index.ts";
import type { JobOptions } from "../../../layers/storage/index.ts";
import { voiceReportSchema } from "../../../layers/voice/index.ts";
import { type HostOptions, LocalHost } from "../../../stacks/local/host.ts";
import type { InvocationReport } from "../../../stacks/local/lambda/index.ts";
import { repeated } from "../../e2e/support/media.ts";
import { sendAndWait } from "../../e2e/support/send.ts";
import { writeTrueSizeModel } from "../true-size-model.ts";
import { buildTrueSizeDetector } from "../true-size-voice.ts";

const leastWindows = 20;
let directory: string;
let recording: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-voice-memory-"));
  // A third of it is speech, some eight seconds in every window.
  recording = await repeated(directory, 2 * leastWindows + 4);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** A job through a whole host whose infer has the allocation, and how infer's one process fared. */
async function judge(
  name: string,
  {
    memoryMB,
    options,
    ...models
  }: { memoryMB: number; options: Partial<JobOptions> } & Pick<HostOptions, "voice" | "model">,
) {
  const reports: InvocationReport[] = [];
  const [detector] = name.split(" ");
  await using host = await LocalHost.open({
    dataDirectory: join(directory, name),
    settings: readSettings({
      VOICE_MODEL: detector,
      HALFGIG_INFER_MEMORY: String(memoryMB),
      // One process does all windows.
      MAX_CONCURRENCY: "1",
    }),
    ...models,
    onReport: (report) => reports.push(report),
  });
  const api = new ApiClient(host.url, host.accessToken);
  const job = await sendAndWait(api, recording, options);
  expect(job.error?.message ?? job.status).toBe("done");
  expect(host.limiter, "a control group must be possible where this runs").toMatch(/^cgroup/);
  const infers = reports.filter(({ functionName }) => functionName === "infer");
  const peakMiB = Math.max(...infers.map(({ peakRssMiB }) => peakRssMiB));
  const seconds = infers.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000;
  const report = voiceReportSchema.parse(JSON.parse(await api.voice(job.jobId)));
  console.info(
    `${name}: ${infers.length} windows in one process of ${memoryMB} MB, peak ${peakMiB.toFixed(0)} MiB, ${seconds.toFixed(0)} s for ` +
      `${(report.judgedSpeechMs / 1000).toFixed(0)} s of judged speech in ${report.windows.length} detector windows`,
  );
  expect(infers.length).toBeGreaterThanOrEqual(leastWindows);
  expect(infers.map(({ outcome }) => outcome)).toEqual(infers.map(() => "ok"));
  expect(infers.filter(({ coldStart }) => coldStart)).toHaveLength(1);
  expect(report.judgedShare).toBeGreaterThan(0.95);
  expect(peakMiB).toBeLessThan(memoryMB);
}

/** Built once for both of their cases. */
let both: Promise<Required<Pick<HostOptions, "voice" | "model">>> | undefined;
function bothModels() {
  both ??= (async () => {
    const modelsDirectory = join(directory, "models");
    await writeTrueSizeModel(modelsDirectory, "true-size");
    const model = await resolveModel({ id: "true-size", modelsDirectory, precision: "int8" });
    return { model, voice: await buildTrueSizeDetector(directory, "astBase") };
  })();
  return both;
}

it("whisper-tiny and AST-base at their true sizes, int8, share one infer process of 512 MB", async () => {
  await judge("ast and whisper-tiny", {
    memoryMB: 512,
    ...(await bothModels()),
    // Without the ladder of temperatures: noise would climb all of it in every window.
    options: { tasks: ["transcribe", "voice"], language: "en", temperatures: [0] },
  });
});

it("whisper-tiny and AST-base at their true sizes, int8, take turns in one infer process of 256 MB", async () => {
  await judge("ast and whisper-tiny in turn", {
    memoryMB: 256,
    ...(await bothModels()),
    options: { tasks: ["transcribe", "voice"], language: "en", temperatures: [0] },
  });
});

it("XLS-R 300M at its true size, int8, is fetched from the bucket and fits 1024 MB", async () => {
  await judge("xlsr alone", {
    memoryMB: 1024,
    voice: await buildTrueSizeDetector(directory, "xlsr300m"),
    model: undefined,
    options: { tasks: ["voice"] },
  });
});
