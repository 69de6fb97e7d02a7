import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../../cli/client.ts";
import { healthSchema } from "../../layers/core/index.ts";
import { halfgig, serve } from "../e2e/support/cli.ts";
import { repeated } from "../e2e/support/media.ts";
import { send } from "../e2e/support/send.ts";
import { crowded, readReports } from "./reports.ts";
import { groupState, SystemPeak, systemGroup } from "./system.ts";

const limitMiB = 512;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-system-test-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe("the whole service under one limit of 512 MB", () => {
  it("transcribes a minute of sound with all its processes inside, and below 90 % of it", {
    timeout: 180_000,
  }, async () => {
    const host = await serve(directory, {}, ["--memory", String(limitMiB)]);
    using peak = new SystemPeak(host.pid);
    const api = new ApiClient(host.api, host.token);
    const jobId = await send(api, await repeated(directory, 4));
    const health = async () => healthSchema.parse(await (await fetch(`${host.api}/health`)).json());
    const atWork = await health();
    const job = await api.wait(jobId, () => undefined);
    // The record is done a moment before its execution is.
    await expect.poll(async () => (await health()).queue, { timeout: 15_000 }).toEqual({ running: 0, waiting: 0 });
    const afterwards = await health();
    expect(job.status).toBe("done");
    expect((await api.transcript(jobId, "txt")).match(/one two three/g)).toHaveLength(4);

    expect(atWork.memory.allocationMiB).toBe(limitMiB);
    expect(afterwards.models).toMatchObject([{ id: "demo", demo: true }]);
    const group = systemGroup(host.output());
    if (group) expect(groupState(group)).toEqual({ limitMiB, oomKills: 0, oomKillDisabled: false });
    expect(peak.peakMiB).toBeGreaterThan(100);
    expect(peak.peakMiB).toBeLessThan(0.9 * limitMiB);
    expect(await host.kill("SIGTERM")).toBe(0);
    const reports = await readReports(join(directory, "serve"));
    expect(new Set(reports.map(({ name }) => name))).toContain("authorize");
    expect(crowded(reports)).toEqual([]);
    // The host's own account is of the same processes.
    const own = Number(/the whole service took (\d+) of 512 MiB/.exec(host.output())?.[1]);
    expect(own).toBeGreaterThan(100);
    expect(own).toBeLessThan(0.9 * limitMiB);
    if (group) expect(existsSync(group)).toBe(false);
    console.info(`whole service: ${peak.peakMiB.toFixed(0)} of ${limitMiB} MiB`);
  });

  it("is refused before anything is done where it cannot fit", async () => {
    const data = join(directory, "small");
    const { status, stderr } = await halfgig(["serve", "--memory", "256", "--model", "demo", "--data", data]);
    expect(status).toBe(1);
    expect(stderr).toContain("[memory.plan_does_not_fit]");
    expect(stderr).toMatch(/the least is \d+/);
    expect(existsSync(data)).toBe(false);
  });
});
