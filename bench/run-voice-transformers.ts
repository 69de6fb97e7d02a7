import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { peakRssMiB } from "./measure.ts";
import { processorMs, voicePcm, voiceRuns } from "./voice-settings.ts";

/**
 * The same with @huggingface/transformers' pipeline `audio-classification`, features included:
 * `node bench/run-voice-transformers.ts <folder of models> <name> <window in ms> <folder it is installed in>`.
 */
const [, , modelsDirectory, name, windowMs, installedIn] = process.argv;
const entry = join(installedIn!, "node_modules/@huggingface/transformers/dist/transformers.node.mjs");
const { env, pipeline } = await import(pathToFileURL(entry).href);
env.allowRemoteModels = false;
env.localModelPath = modelsDirectory;
const classify = await pipeline("audio-classification", name, {
  dtype: "q8",
  device: "cpu",
  session_options: { intraOpNumThreads: 1, interOpNumThreads: 1 },
});
const pcm = voicePcm(Number(windowMs));
const times: number[] = [];
for (let run = 0; run < voiceRuns; run++) {
  const start = process.cpuUsage();
  await classify(pcm);
  times.push(processorMs(start));
}
console.log(JSON.stringify({ windowMs: Math.min(...times), peakRssMiB: await peakRssMiB() }));
