/**
 * CPU time and memory of the engine alone, in a process of its own: `node speed-child.ts MODEL DIRECTORY`, the name of a model and a
 * folder of utterances (s16le). The last line of stdout is the result, JSON.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pcmFromBytes } from "../../layers/audio/index.ts";
import { processMemory } from "../measure/process-memory.ts";
import { findRealModels, type RealModelName } from "../real-models/index.ts";
import { openRecogniser, split, transcribeWindows } from "./pipeline.ts";

export type EngineRun = {
  /** User and system time of recognition; without the model's loading. */
  cpuSeconds: number;
  /** The same of voice activity and cutting. */
  splitCpuSeconds: number;
  peakRssMiB: number;
};

const [name = "", directory = ""] = process.argv.slice(2);
const models = await findRealModels();
if (!models) throw new Error("There are no real models here.");
await using recogniser = await openRecogniser(models, name as RealModelName, "int8");
const run: EngineRun = { cpuSeconds: 0, splitCpuSeconds: 0, peakRssMiB: 0 };
for (const file of (await readdir(directory)).sort()) {
  const pcm = pcmFromBytes(await readFile(join(directory, file)));
  let before = process.cpuUsage();
  const { windows } = await split(pcm, recogniser.model.manifest.windowMs);
  run.splitCpuSeconds += secondsSince(before);
  before = process.cpuUsage();
  await Array.fromAsync(transcribeWindows(recogniser, windows, { mode: "parallel" }));
  run.cpuSeconds += secondsSince(before);
}
run.peakRssMiB = processMemory().peakMiB;
process.stdout.write(`${JSON.stringify(run)}\n`);

function secondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
