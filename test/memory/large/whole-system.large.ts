import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ApiClient } from "../../../cli/client.ts";
import { ffmpegPath } from "../../../layers/media/index.ts";
import { serve } from "../../e2e/support/cli.ts";
import { sample } from "../../e2e/support/media.ts";
import { readTranscript, send } from "../../e2e/support/send.ts";
import { groupState, SystemPeak, systemGroup } from "../system.ts";
import { writeTrueSizeModel } from "../true-size-model.ts";

const limitMiB = 512;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-whole-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** The bundled video over and over, without a new encoding. */
async function hourOfVideo(): Promise<string> {
  const path = join(directory, "hour.mp4");
  const args = [
    "-nostdin",
    "-v",
    "error",
    "-y",
    "-stream_loop",
    "-1",
    "-i",
    sample.english,
    "-t",
    "3600",
    "-c",
    "copy",
  ];
  await promisify(execFile)(ffmpegPath(), [...args, path]);
  return path;
}

it(`host, S3, gateway, workflow and true-size models take an hour of video inside one limit of ${limitMiB} MB`, async () => {
  await writeTrueSizeModel(join(directory, "models"), "true-size");
  const video = await hourOfVideo();
  const host = await serve(directory, {}, ["--memory", String(limitMiB), "--model", "true-size"]);
  const group = systemGroup(host.output());
  expect(group, "a control group must be possible where this runs").toBeDefined();
  using peak = new SystemPeak(host.pid);
  const api = new ApiClient(host.api, host.token);
  // Without the ladder of temperatures: noise would climb all of it in every window.
  const jobId = await send(api, video, { language: "en", temperatures: [0] });
  const job = await api.wait(jobId, () => undefined);
  expect(job.error?.message ?? job.status).toBe("done");
  const { intervals } = (await readTranscript(api, jobId)).ledger;
  expect(intervals.at(-1)?.endMs).toBeGreaterThan(3_590_000);
  const state = groupState(group ?? "");
  expect(state).toEqual({ limitMiB, oomKills: 0, oomKillDisabled: false });
  await host.kill("SIGTERM");
  console.info(
    `whole system, an hour of video: peak ${peak.peakMiB.toFixed(0)} of ${limitMiB} MiB, ${job.windows} windows`,
  );
  expect(peak.peakMiB).toBeLessThan(0.9 * limitMiB);
});
