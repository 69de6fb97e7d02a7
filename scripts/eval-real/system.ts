import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, extname, join } from "node:path";
import { promisify } from "node:util";
import type { Precision } from "../../layers/models/index.ts";
import { type Transcript, transcriptSchema } from "../../layers/transcript/index.ts";
import { modelsDirectoryOf, type RealModels } from "../real-models/index.ts";
import type { Mode } from "./pipeline.ts";

export type SystemRun = {
  transcript: Transcript;
  seconds: number;
  /** User and system time of all its processes. */
  cpuSeconds: number;
  /** Of the largest function. */
  peakRssMiB: number;
  allocationMB?: number;
};

const program = join(import.meta.dirname, "..", "..", "cli", "halfgig.js");

const clip = join(import.meta.dirname, "..", "..", "samples", "digits.mp4");

type SystemOptions = { mode: Mode; precision: Precision; memoryMB: number };

/** A file through the whole system, by the command line; the model and the functions' bundles are made beforehand. */
export async function runSystem(models: RealModels, file: string, options: SystemOptions): Promise<SystemRun> {
  const directory = await mkdtemp(join(tmpdir(), "halfgig-system-"));
  try {
    await transcribeFile(models, clip, directory, options);
    const { seconds, cpuSeconds } = await transcribeFile(models, file, directory, options);
    const output = join(directory, "out", `${basename(file, extname(file))}.json`);
    return {
      transcript: transcriptSchema.parse(JSON.parse(await readFile(output, "utf8"))),
      seconds,
      cpuSeconds,
      peakRssMiB: await largestFunctionMiB(join(directory, "data")),
      allocationMB: options.memoryMB,
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function transcribeFile(
  models: RealModels,
  file: string,
  directory: string,
  { mode, precision, memoryMB }: SystemOptions,
): Promise<{ seconds: number; cpuSeconds: number }> {
  const command = [process.execPath, program, file, "--data", join(directory, "data")];
  command.push("--model", models.ids["tiny.en"], "--mode", mode, "--memory", String(memoryMB));
  command.push("-f", "json", "-o", join(directory, "out"));
  // The shell's own clock counts what all descendants used.
  const script = 'TIMEFORMAT="times %R %U %S"; time "$@"';
  const { stderr } = await promisify(execFile)("bash", ["-c", script, "bash", ...command], {
    env: {
      ...process.env,
      WHISPER_MODEL_PATH: await modelsDirectoryOf(models),
      USE_INT8_QUANTIZATION: String(precision === "int8"),
    },
    maxBuffer: 2 ** 28,
  });
  const [, seconds = Number.NaN, user = Number.NaN, system = Number.NaN] =
    /times ([\d.]+) ([\d.]+) ([\d.]+)/.exec(stderr)?.map(Number) ?? [];
  return { seconds, cpuSeconds: user + system };
}

/** Every invocation's report is in its function's log, in the words of Lambda. */
async function largestFunctionMiB(dataDirectory: string): Promise<number> {
  const peaks: number[] = [];
  for (const name of await readdir(dataDirectory, { recursive: true })) {
    if (!name.endsWith(".log")) continue;
    const text = await readFile(join(dataDirectory, name), "utf8");
    for (const [, used] of text.matchAll(/^REPORT .*Max Memory Used: (\d+) MB/gm)) peaks.push(Number(used));
  }
  return Math.max(...peaks);
}
