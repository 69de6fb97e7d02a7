import { WhisperModel } from "../layers/inference/index.ts";
import { median, peakRssMiB, type SpeechTimes, settings } from "./measure.ts";

/** Decodes seeded features with halfgig and prints times and memory: `node bench/run-halfgig.ts <folder of the built model>`. */
const model = await WhisperModel.load({ directory: process.argv[2]! });
const { frames, tokens, runs, features } = settings(Number(process.argv[3]));
const prompt = [50258, 50259, 50359];
const encoderMs: number[] = [];
const windowMs: number[] = [];
for (let run = 0; run < runs; run++) {
  const start = performance.now();
  using audio = await model.encode(features, frames);
  encoderMs.push(performance.now() - start);
  using state = model.start(audio);
  let logits = await model.step(state, prompt);
  for (let count = 1; count < tokens; count++) logits = await model.step(state, [highest(logits)]);
  highest(logits);
  windowMs.push(performance.now() - start);
}
const times: SpeechTimes = {
  encoderMs: median(encoderMs),
  encoderBestMs: Math.min(...encoderMs),
  windowMs: median(windowMs),
  peakRssMiB: await peakRssMiB(),
};
console.log(JSON.stringify(times));

function highest(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < 50_000; id++) if (logits[id]! > logits[best]!) best = id;
  return best;
}
