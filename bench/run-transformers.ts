import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { median, peakRssMiB, type SpeechTimes, settings } from "./measure.ts";

/**
 * The same with @huggingface/transformers: `node bench/run-transformers.ts <folder of models> <tokens> <folder it is installed in>`.
 * `generate` as it comes, greedy, held to the number of tokens by a minimum and a maximum.
 */
const [, , modelsDirectory, tokenCount, installedIn] = process.argv;
const entry = join(installedIn!, "node_modules/@huggingface/transformers/dist/transformers.node.mjs");
const { env, Tensor, WhisperForConditionalGeneration } = await import(pathToFileURL(entry).href);
env.allowRemoteModels = false;
env.localModelPath = modelsDirectory;
const model = await WhisperForConditionalGeneration.from_pretrained("whisper-tiny-seeded", {
  dtype: "q8",
  device: "cpu",
  session_options: { intraOpNumThreads: 1, interOpNumThreads: 1 },
});
const { frames, tokens, runs, features } = settings(Number(tokenCount));
const encoderMs: number[] = [];
const windowMs: number[] = [];
for (let run = 0; run < runs; run++) {
  const input_features = new Tensor("float32", features, [1, 80, frames]);
  const start = performance.now();
  await model.sessions.model.run({ input_features: input_features.ort_tensor });
  encoderMs.push(performance.now() - start);
  const generating = performance.now();
  const output = await model.generate({ input_features, max_new_tokens: tokens, min_new_tokens: tokens });
  windowMs.push(performance.now() - generating);
  const generated = output.dims[1] - 3;
  if (Math.abs(generated - tokens) > 4) throw new Error(`${generated} tokens instead of ${tokens}`);
}
const times: SpeechTimes = {
  encoderMs: median(encoderMs),
  encoderBestMs: Math.min(...encoderMs),
  windowMs: median(windowMs),
  peakRssMiB: await peakRssMiB(),
};
console.log(JSON.stringify(times));
