/**
 * What a cold start of infer does before it can answer: library, graphs, weights and tokenizer, one window of 30 s, its first token.
 * Prints milliseconds since the process started: `node run-cold.js <folder of the built model>`. It is bundled as functions are.
 */
import { processBudget, WhisperModel } from "../layers/inference/index.ts";
import { loadTokenizer } from "../layers/speech/index.ts";

const directory = process.argv[2]!;
await using model = await WhisperModel.load({ directory, budget: processBudget() });
const loadedMs = performance.now();
const tokenizer = await loadTokenizer(directory, model.manifest);
const { melBins, maxFrames, tokens } = model.manifest;
using audio = await model.encode(new Float32Array(melBins * maxFrames), maxFrames);
using state = model.start(audio);
const logits = await model.step(state, [tokens.startOfTranscript]);
tokenizer.decode([logits.indexOf(Math.max(...logits.subarray(0, tokens.endOfText)))]);
console.log(JSON.stringify({ loadedMs, firstTokenMs: performance.now() }));
