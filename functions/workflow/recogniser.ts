import { environmentValue } from "../../layers/core/index.ts";
import { type SpeechModel, WhisperModel } from "../../layers/inference/index.ts";
import { loadTokenizer, type SpeechOptions, searchDefaults, type Tokenizer } from "../../layers/speech/index.ts";
import type { JobOptions } from "../../layers/storage/index.ts";

export type Recogniser = { model: SpeechModel; tokenizer: Tokenizer };
let loading: Promise<Recogniser> | undefined;

/** The model is loaded by the first event that needs it, and kept while the environment lives. */
export function recogniser(): Promise<Recogniser> {
  loading ??= load().catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load(): Promise<Recogniser> {
  const directory = environmentValue("MODEL_DIR");
  const model = await WhisperModel.load({ directory });
  return { model, tokenizer: await loadTokenizer(directory, model.manifest) };
}

/** What a job's options say about decoding. How wide the search is depends on the allocation, where the sender left it open. */
export function speechOptions(
  { mode: _, audioTrack: __, transcript: ___, task, beamSize, bestOf, ...options }: JobOptions,
  signal?: AbortSignal,
): SpeechOptions & Pick<JobOptions, "conditionOnPreviousText" | "clipTimestamps" | "hallucinationSilenceMs"> {
  const defaults = searchDefaults(Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? 512));
  return {
    ...options,
    // The task `language` never comes to decoding.
    task: task === "translate" ? "translate" : "transcribe",
    beamSize: beamSize ?? defaults.beamSize,
    bestOf: bestOf ?? defaults.bestOf,
    signal,
  };
}
