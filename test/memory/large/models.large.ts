import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { table } from "../../../cli/tables.ts";
import { buildSubject, subjectOf } from "../../../scripts/measure/subjects.ts";
import { runLimited } from "../limited-process.ts";
import type { ModelProcessReport } from "../model-process.ts";
import { medianSlope } from "../slope.ts";

const program = fileURLToPath(new URL("../model-process.ts", import.meta.url));
const mostShare = 0.9;
const kibPerMiB = 1024;
const rows: (string | number)[][] = [];
let directory: string;
let speech: string;
let voice: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-models-memory-"));
  speech = (await buildSubject(subjectOf("whisper-tiny"), directory, ["int8"])).get("int8") ?? "";
  voice = (await buildSubject(subjectOf("ast-base"), directory, ["int8"])).get("int8") ?? "";
});
afterAll(async () => {
  console.info(table(["case", "limit MiB", "peak MiB", "share", "slope KiB"], rows));
  await rm(directory, { recursive: true, force: true });
});

type Run = ModelProcessReport & {
  /** KiB a window, or a turn, once warm. */
  slopeKiB: number;
};

/** @param warmUp windows or turns that say nothing about growth; a quarter of them where it does not matter */
async function run(name: string, limitMiB: number, args: readonly string[], warmUp?: number): Promise<Run> {
  const { status, signal, output, oomKills } = await runLimited(program, args, limitMiB);
  expect({ status, signal, oomKills }, name).toEqual({ status: 0, signal: null, oomKills: 0 });
  const report = JSON.parse(output) as ModelProcessReport;
  const slopeKiB = medianSlope(report.rssMiB.slice(warmUp ?? report.rssMiB.length / 4)) * kibPerMiB;
  const share = `${((100 * report.peakMiB) / limitMiB).toFixed(0)} %`;
  rows.push([name, limitMiB, Math.round(report.peakMiB), share, slopeKiB.toFixed(2)]);
  return { ...report, slopeKiB };
}

describe("models of true size, int8, in one process under the kernel's limit", () => {
  it("whisper-tiny: 200 windows in 512 MB", async () => {
    const { peakMiB, rssMiB } = await run("200 windows", 512, ["windows", "200", speech, "30"]);
    expect(rssMiB).toHaveLength(200);
    expect(peakMiB).toBeLessThan(mostShare * 512);
  });

  it("whisper-tiny: windows in 256 MB", async () => {
    const { peakMiB } = await run("20 windows, small tier", 256, ["windows", "20", speech, "30"]);
    expect(peakMiB).toBeLessThan(256);
  });

  it("whisper-tiny: 1,000 windows grow by no more than 1 KiB each", async () => {
    // At the 510th window, in every run, the process takes 4 to 7 MiB once; 3,000 windows show no second time.
    const warmUp = 600;
    const args = ["grow", String(warmUp + 1000), speech, "2"];
    const { slopeKiB, peakMiB } = await run("1,000 windows", 512, args, warmUp);
    expect(slopeKiB).toBeLessThanOrEqual(1);
    expect(peakMiB).toBeLessThan(mostShare * 512);
  });

  it("whisper-tiny and AST-base in 256 MB, under the budget of that allocation", async () => {
    const { peakMiB, evictions } = await run("both models, small tier", 256, ["both", "5", speech, voice]);
    expect(evictions).toBe(9);
    expect(peakMiB).toBeLessThan(256);
  });

  it("whisper-tiny and AST-base in turn: ten loads and evictions of each", async () => {
    const { peakMiB, evictions, rssMiB } = await run("loads and evictions", 512, ["evict", "10", speech, voice]);
    // Every use but the first finds the other model in memory.
    expect(evictions).toBe(19);
    expect(peakMiB).toBeLessThan(mostShare * 512);
    // What a release leaves behind would add up from turn to turn.
    expect(rssMiB.at(-1)! - rssMiB[2]!).toBeLessThan(16);
  });
});
