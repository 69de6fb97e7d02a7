import type { z } from "zod";
import { pcmFromBytes } from "../../layers/audio/index.ts";
import { environmentValue, log } from "../../layers/core/index.ts";
import { type SpeechModel, WhisperModel } from "../../layers/inference/index.ts";
import { loadTokenizer, type Tokenizer, transcribeWindow } from "../../layers/speech/index.ts";
import { headObject, keys, openObject, putObject } from "../../layers/storage/index.ts";
import { inferInputSchema, type inferOutputSchema } from "../../layers/workflow/index.ts";

type Loaded = { model: SpeechModel; tokenizer: Tokenizer };
let loading: Promise<Loaded> | undefined;

/** The model is loaded by the first window that needs it, and kept while the environment lives. */
function loaded(): Promise<Loaded> {
  loading ??= load().catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load(): Promise<Loaded> {
  const directory = environmentValue("MODEL_DIR");
  const model = await WhisperModel.load({ directory });
  return { model, tokenizer: await loadTokenizer(directory, model.manifest) };
}

/**
 * Transcribes one window. The result is written once: a window whose result exists is not computed again,
 * and of two workers on one window the first to finish wins.
 */
export async function handler(event: unknown): Promise<z.output<typeof inferOutputSchema>> {
  const { workPrefix, options, window } = inferInputSchema.parse(event);
  const bucket = environmentValue("RESULTS_BUCKET");
  const resultKey = keys.result(workPrefix, window.index);
  if (await headObject(bucket, resultKey)) return { index: window.index, reused: true };

  const { model, tokenizer } = await loaded();
  const pcm = await readPcm(bucket, window.key);
  const transcript = await transcribeWindow(model, tokenizer, pcm, { language: options.language, task: options.task });
  const first = await putObject(bucket, resultKey, `${JSON.stringify(transcript)}\n`, "application/json", {
    onlyIfAbsent: true,
  });
  log.info("window inferred", { key: resultKey, first });
  return { index: window.index, reused: !first };
}

/** A window is bounded by the model's own length: 960,000 bytes at 30 s. */
async function readPcm(bucket: string, key: string): Promise<Float32Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of await openObject(bucket, key)) chunks.push(chunk);
  return pcmFromBytes(Buffer.concat(chunks));
}
