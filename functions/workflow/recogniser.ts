import { environmentValue } from "../../layers/core/index.ts";
import { processBudget, type SpeechModel, WhisperModel } from "../../layers/inference/index.ts";
import { loadTokenizer, type SpeechOptions, searchDefaults, type Tokenizer } from "../../layers/speech/index.ts";
import { type JobOptions, textTaskOf } from "../../layers/storage/index.ts";

/** A model in use; disposing it gives the lease back and leaves the model in memory. */
export type Recogniser = AsyncDisposable & { model: SpeechModel; tokenizer: Tokenizer };
let tokenizer: Promise<Tokenizer> | undefined;

/** The model is loaded by the first event that needs it, and stays while the process' budget has room for it. */
export async function recogniser(): Promise<Recogniser> {
  const directory = environmentValue("MODEL_DIR");
  await using opening = new AsyncDisposableStack();
  const model = opening.use(await WhisperModel.load({ directory, budget: processBudget() }));
  tokenizer ??= loadTokenizer(directory, model.manifest).catch((error) => {
    tokenizer = undefined;
    throw error;
  });
  const opened = { model, tokenizer: await tokenizer };
  const kept = opening.move();
  return { ...opened, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** What a job's options say about decoding. How wide the search is depends on the allocation, where the sender left it open. */
export function speechOptions(
  { mode: _, audioTrack: __, transcript: ___, task, tasks, beamSize, bestOf, ...options }: JobOptions,
  signal?: AbortSignal,
): SpeechOptions &
  Pick<JobOptions, "carryInitialPrompt" | "conditionOnPreviousText" | "clipTimestamps" | "hallucinationSilenceMs"> {
  const defaults = searchDefaults(Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? 512));
  return {
    ...options,
    // Neither the task `language` nor `voice` comes to decoding.
    task: textTaskOf({ task, tasks }) === "translate" ? "translate" : "transcribe",
    beamSize: beamSize ?? defaults.beamSize,
    bestOf: bestOf ?? defaults.bestOf,
    signal,
  };
}
