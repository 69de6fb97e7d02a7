import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ModelManifest } from "../../layers/models/index.ts";
import { writeSeededCheckpoint } from "../parity/seeded-checkpoint.ts";

const execute = promisify(execFile);
const limitMiB = 300;
const buildProcess = fileURLToPath(new URL("build-process.ts", import.meta.url));

let directory: string;
let checkpoint: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-build-memory-"));
  checkpoint = join(directory, "checkpoint");
  await mkdir(checkpoint);
  await writeSeededCheckpoint(checkpoint);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

type Report = { milliseconds: number; peakRssMiB: number; files: ModelManifest["files"] };

describe("building a model of whisper-tiny's sizes", () => {
  it.each(["int8", "fp32"])(`peaks below ${limitMiB} MiB: %s`, async (precision) => {
    const { stdout } = await execute(process.execPath, [
      buildProcess,
      checkpoint,
      join(directory, precision),
      precision,
    ]);
    const { milliseconds, peakRssMiB, files } = JSON.parse(stdout) as Report;
    const sizes = Object.entries(files)
      .filter(([, { sizeBytes }]) => sizeBytes > 2 ** 20)
      .map(([name, { sizeBytes }]) => `${name} ${(sizeBytes / 1e6).toFixed(1)} MB`);
    console.log(
      `${precision}: ${peakRssMiB.toFixed(0)} MiB, ${(milliseconds / 1000).toFixed(1)} s; ${sizes.join(", ")}`,
    );
    expect(peakRssMiB).toBeLessThan(limitMiB);
  });
});
