import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** The same of @huggingface/transformers, without its tokenizer: `node run-transformers-cold.ts <folder of models> <folder it is in>`. */
const [, , modelsDirectory, installedIn] = process.argv;
const entry = join(installedIn!, "node_modules/@huggingface/transformers/dist/transformers.node.mjs");
const { env, Tensor, WhisperForConditionalGeneration } = await import(pathToFileURL(entry).href);
env.allowRemoteModels = false;
env.localModelPath = modelsDirectory;
const session_options = { intraOpNumThreads: 1, interOpNumThreads: 1 };
const options = { dtype: "q8", device: "cpu", session_options };
const model = await WhisperForConditionalGeneration.from_pretrained("whisper-tiny-seeded", options);
const loadedMs = performance.now();
const input_features = new Tensor("float32", new Float32Array(80 * 3000), [1, 80, 3000]);
await model.generate({ input_features, max_new_tokens: 1 });
console.log(JSON.stringify({ loadedMs, firstTokenMs: performance.now() }));
