import type { z } from "zod";
import { pcmFromBytes } from "../../layers/audio/index.ts";
import { environmentValue, log, readSettings } from "../../layers/core/index.ts";
import { openProvider, type SpeechProvider } from "../../layers/providers/index.ts";
import { detectWindowLanguage, transcribeWindow } from "../../layers/speech/index.ts";
import { headObject, keys, openObject, putObject } from "../../layers/storage/index.ts";
import { inferInputSchema, type inferOutputSchema } from "../../layers/workflow/index.ts";
import { recogniser, speechOptions } from "./recogniser.ts";
import { timingMetadata } from "./timings.ts";

type Input = z.output<typeof inferInputSchema>;

let provider: Promise<SpeechProvider> | undefined;

/**
 * Recognises one window: by the model here, or by the service that ASR_PROVIDER names. The result is written once: a window whose
 * result exists is not computed again, and of two workers on one window the first to finish wins.
 */
export async function handler(event: unknown): Promise<z.output<typeof inferOutputSchema>> {
  const input = inferInputSchema.parse(event);
  const { workPrefix, window } = input;
  const bucket = environmentValue("RESULTS_BUCKET");
  const resultKey = keys.result(workPrefix, window.index);
  if (await headObject(bucket, resultKey)) return { index: window.index, reused: true };

  const started = performance.now();
  const pcm = await readPcm(bucket, window.key);
  const result = await recognise(pcm, input);
  const first = await putObject(bucket, resultKey, `${JSON.stringify(result)}\n`, "application/json", {
    onlyIfAbsent: true,
    metadata: timingMetadata(performance.now() - started),
  });
  log.info("window inferred", { key: resultKey, first });
  return { index: window.index, reused: !first };
}

async function recognise(pcm: Float32Array, { options, work, window }: Input): Promise<unknown> {
  const settings = readSettings(process.env);
  if (settings.ASR_PROVIDER !== "local") {
    provider ??= openProvider(settings).catch((error) => {
      provider = undefined;
      throw error;
    });
    const { language, task, words, initialPrompt } = options;
    return (await provider).transcribeWindow(pcm, {
      language,
      task: task === "translate" ? "translate" : "transcribe",
      words,
      prompt: initialPrompt,
    });
  }
  const { model, tokenizer } = await recogniser();
  // A window of the plan may ask for the language alone.
  if (work.tasks.every((task) => task === "language")) return detectWindowLanguage(model, pcm);
  const speech = window.speech.map(([startMs, endMs]) => [startMs - window.startMs, endMs - window.startMs] as const);
  return transcribeWindow(model, tokenizer, pcm, { ...speechOptions(options), speech });
}

/** A window is bounded by the model's own length: 960,000 bytes at 30 s. */
async function readPcm(bucket: string, key: string): Promise<Float32Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of await openObject(bucket, key)) chunks.push(chunk);
  return pcmFromBytes(Buffer.concat(chunks));
}
