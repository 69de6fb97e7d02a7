export { AmazonTranscribeProvider, type TranscribePorts } from "./amazon-transcribe.ts";
export { languageCode, languageName } from "./language-names.ts";
export { openProvider } from "./open.ts";
export { OpenAiProvider, type OpenAiSettings } from "./openai.ts";
export type { ProvidedTranscript, ProviderOptions, SpeechProvider } from "./provider.ts";
