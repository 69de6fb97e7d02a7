import { samplesToMs } from "../audio/index.ts";
import { MediaError } from "../core/index.ts";
import type { ProvidedTranscript, ProviderOptions, SpeechProvider } from "./provider.ts";
import { defaultRetry, type RetryPolicy, sendPatiently } from "./retry.ts";
import { readVerboseJson } from "./verbose-json.ts";
import { wavFile } from "./wav.ts";

export type OpenAiSettings = {
  /** Up to and without `/audio/transcriptions`. */
  baseUrl: string;
  /** Left out for services on one's own machine that ask for none. */
  apiKey?: string | undefined;
  model: string;
  retry?: Partial<RetryPolicy>;
};

/**
 * Any service that speaks OpenAI's audio API: one multipart request per window, `verbose_json` back.
 * https://platform.openai.com/docs/api-reference/audio/createTranscription
 */
export class OpenAiProvider implements SpeechProvider {
  readonly name = "openai";
  readonly #settings: OpenAiSettings;
  readonly #retry: RetryPolicy;

  constructor(settings: OpenAiSettings) {
    this.#settings = settings;
    this.#retry = { ...defaultRetry, ...settings.retry };
  }

  async transcribeWindow(pcm: Float32Array, options: ProviderOptions): Promise<ProvidedTranscript> {
    const { baseUrl, apiKey } = this.#settings;
    const path = options.task === "translate" ? "audio/translations" : "audio/transcriptions";
    const url = `${baseUrl.replace(/\/+$/, "")}/${path}`;
    // The window as bytes once, however many attempts it takes.
    const audio = new Blob([wavFile(pcm)], { type: "audio/wav" });
    const text = await sendPatiently(
      new URL(url).host,
      (signal) =>
        fetch(url, {
          method: "POST",
          headers: apiKey ? { authorization: `Bearer ${apiKey}` } : {},
          body: this.#form(audio, options),
          // A key must not follow to wherever a service, or who answers in its place, points.
          redirect: "error",
          signal,
        }),
      this.#retry,
      options.signal,
    );
    return readVerboseJson(parse(text), { durationMs: samplesToMs(pcm.length), given: options.language });
  }

  #form(audio: Blob, { task, language, words, prompt }: ProviderOptions): FormData {
    const form = new FormData();
    form.set("file", audio, "window.wav");
    form.set("model", this.#settings.model);
    form.set("response_format", "verbose_json");
    form.set("temperature", "0");
    if (prompt !== undefined) form.set("prompt", prompt);
    if (task === "transcribe") {
      if (language !== undefined) form.set("language", language);
      form.append("timestamp_granularities[]", "segment");
      if (words) form.append("timestamp_granularities[]", "word");
    }
    return form;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MediaError(
      "provider.refused",
      "The speech service answered with something that is not JSON. Check OPENAI_BASE_URL.",
      { cause },
    );
  }
}
