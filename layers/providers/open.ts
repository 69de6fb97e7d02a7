import { MediaError, type Settings } from "../core/index.ts";
import { openAmazonTranscribe } from "./amazon-client.ts";
import { OpenAiProvider } from "./openai.ts";
import type { SpeechProvider } from "./provider.ts";

type ProviderSettings = Pick<
  Settings,
  "ASR_PROVIDER" | "OPENAI_API_KEY" | "OPENAI_BASE_URL" | "OPENAI_TRANSCRIPTION_MODEL"
>;

/**
 * The provider that ASR_PROVIDER names.
 * @throws MediaError `config.invalid` where its key is missing
 */
export async function openProvider(settings: ProviderSettings): Promise<SpeechProvider> {
  if (settings.ASR_PROVIDER === "transcribe") return openAmazonTranscribe();
  if (settings.ASR_PROVIDER === "local") throw new MediaError("config.invalid", "ASR_PROVIDER=local is no provider.");
  const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseUrl, OPENAI_TRANSCRIPTION_MODEL: model } = settings;
  if (!apiKey && new URL(baseUrl).hostname === "api.openai.com") {
    throw new MediaError(
      "config.invalid",
      "ASR_PROVIDER=openai needs OPENAI_API_KEY. Set it, or set ASR_PROVIDER=local.",
    );
  }
  return new OpenAiProvider({ apiKey, baseUrl, model });
}
