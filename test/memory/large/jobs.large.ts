import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../../../cli/client.ts";
import { table } from "../../../cli/tables.ts";
import { Tally } from "../../../cli/tally.ts";
import { readSettings } from "../../../layers/core/index.ts";
import { type ResolvedModel, resolveModel } from "../../../layers/models/index.ts";
import { LocalHost } from "../../../stacks/local/host.ts";
import { repeated } from "../../e2e/support/media.ts";
import { readTranscript, sendAndWait } from "../../e2e/support/send.ts";
import { gigabyte, withPauses } from "../long-media.ts";
import { writeTrueSizeModel } from "../true-size-model.ts";

/** MEMORY_MINUTES makes it shorter while one works on it. */
const minutes = Number(process.env.MEMORY_MINUTES ?? 120);
const mostShare = 0.9;
const rows: (string | number)[][] = [];
let directory: string;
let model: ResolvedModel;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-jobs-memory-"));
  const modelsDirectory = join(directory, "models");
  await writeTrueSizeModel(modelsDirectory, "true-size");
  model = await resolveModel({ id: "true-size", modelsDirectory, precision: "int8" });
});
afterAll(async () => {
  console.info(table(["case", "function", "invocations", "limit MiB", "peak MiB", "share"], rows));
  await rm(directory, { recursive: true, force: true });
});

/** Files through a whole host whose functions have their own limits by the kernel; every function stays below nine tenths of its. */
async function runJobs(
  name: string,
  files: readonly string[],
  { settings, share }: { settings: Record<string, string>; share: number },
): Promise<void> {
  const tally = new Tally();
  await using host = await LocalHost.open({
    dataDirectory: join(directory, name.replaceAll(/\W+/g, "-")),
    settings: readSettings({ MAX_VIDEO_SIZE_MB: "2048", MAX_CONCURRENCY: "2", ...settings }),
    model,
    onReport: (report) => tally.add(report),
  });
  expect(host.limiter, "a control group must be possible where this runs").toMatch(/^cgroup/);
  const api = new ApiClient(host.url, host.accessToken);
  // Without the ladder of temperatures: noise would climb all of it in every window.
  const options = { language: "en", temperatures: [0] };
  const jobs = await Promise.all(files.map((file) => sendAndWait(api, file, options)));
  for (const job of jobs) {
    expect(job.error?.message ?? job.status).toBe("done");
    expect((await readTranscript(api, job.jobId)).ledger.intervals.some(({ kind }) => kind === "failed")).toBe(false);
  }
  for (const { functionName, invocations, peakRssMiB, memoryMB, failures } of tally.functions) {
    const percent = `${((100 * peakRssMiB) / memoryMB).toFixed(0)} %`;
    rows.push([name, functionName, invocations, memoryMB, Math.round(peakRssMiB), percent]);
    expect(failures, functionName).toBe(0);
    expect(peakRssMiB, functionName).toBeLessThan(share * memoryMB);
  }
}

describe("jobs with a model of whisper-tiny's true size, each function under its own limit", () => {
  it(`a recording of ${minutes} minutes`, async () => {
    const speech = await withPauses(directory, Math.ceil(minutes * 60));
    await runJobs(`${minutes} minutes`, [speech], { settings: {}, share: mostShare });
  });

  it("a file of 1 GiB", async () => {
    const file = await gigabyte(directory);
    expect((await stat(file)).size).toBeGreaterThanOrEqual(2 ** 30);
    await runJobs("1 GiB", [file], { settings: {}, share: mostShare });
  });

  it("four jobs at once", async () => {
    const files = await Promise.all([3, 4, 5, 6].map((times) => repeated(directory, times)));
    await runJobs("four jobs at once", files, { settings: {}, share: mostShare });
  });

  it("infer with 256 MB", async () => {
    const file = await repeated(directory, 8);
    await runJobs("infer with 256 MB", [file], { settings: { HALFGIG_INFER_MEMORY: "256" }, share: 1 });
  });
});
