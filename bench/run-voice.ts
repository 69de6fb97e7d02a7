import { loadVoiceModel } from "../layers/inference/index.ts";
import { peakRssMiB } from "./measure.ts";
import { processorMs, voicePcm, voiceRuns } from "./voice-settings.ts";

/** Scores seeded audio with halfgig: `node bench/run-voice.ts <folder of the built model> <window in ms>`. */
await using model = await loadVoiceModel({ directory: process.argv[2]! });
const pcm = voicePcm(Number(process.argv[3]));
const times: number[] = [];
for (let run = 0; run < voiceRuns; run++) {
  const start = process.cpuUsage();
  await model.score(pcm);
  times.push(processorMs(start));
}
console.log(JSON.stringify({ windowMs: Math.min(...times), peakRssMiB: await peakRssMiB() }));
