export { AmazonTranscribeProvider, type TranscribePorts } from "./amazon-transcribe.ts";
export { openProvider } from "./open.ts";
export { OpenAiProvider, type OpenAiSettings } from "./openai.ts";
export type { ProvidedTranscript, ProviderOptions, SpeechProvider } from "./provider.ts";
