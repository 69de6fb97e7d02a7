import { describe, expect, it } from "vitest";
import type { FleetPlan, JobPlan } from "../layers/plan/index.ts";
import { halfgig } from "../test/e2e/support/cli.ts";
import { sample } from "../test/e2e/support/media.ts";

const json = async <T>(...args: string[]) => JSON.parse((await halfgig(["plan", "--json", ...args])).stdout) as T;

describe("halfgig plan", () => {
  it("reads a file's length from its headers", async () => {
    const plan = await json<JobPlan>(sample.english, "--model", "whisper-tiny");
    expect(plan.durationMs).toBeGreaterThan(14_900);
    expect(plan.durationMs).toBeLessThan(15_200);
    expect(plan.memory.find((row) => row.function === "infer")?.allocationMB).toBe(512);
  });

  it("prints memory, times and costs next to the services that one would buy", async () => {
    const { status, stdout } = await halfgig(["plan", "1h30m", "--model", "whisper-tiny"]);
    expect(status).toBe(0);
    expect(stdout).toContain("1 h 30 min of audio");
    expect(stdout).toMatch(/Amazon Transcribe +\$1\.44/);
    expect(stdout).toMatch(/OpenAI whisper-1 +\$0\.36/);
    expect(stdout).toMatch(/Prices: AWS us-east-1, \d{4}-\d\d-\d\d/);
  });

  it("simulates a day, the same for the same seed", async () => {
    const day = () => json<FleetPlan>("--hours-per-day", "20", "--model", "whisper-tiny", "--pattern", "poisson");
    const plan = await day();
    expect(plan.files).toBeGreaterThan(20);
    expect(plan.dollarsPerMonth).toBeGreaterThan(1);
    expect(await day()).toEqual(plan);
  });

  it.each([
    [["plan", "1h", "--model", "whisper-small"], 1, "[memory.plan_does_not_fit]"],
    [["plan", "1h", "--model", "someone/whisper-huge"], 1, "There are no measurements"],
    [["plan", "/nowhere/absent.mp4"], 1, ""],
    [["plan"], 2, "takes a file, a duration"],
    [["plan", "1h", "--hours-per-day", "3"], 2, "takes a file, a duration"],
    [["plan", "1h", "--mode", "fast"], 2, "--mode takes parallel, exact"],
  ])("refuses %j with status %i", async (args, status, message) => {
    const ended = await halfgig(args);
    expect(ended.status).toBe(status);
    expect(ended.stderr).toContain(message);
    expect(ended.stdout).toBe("");
  });
});
