import type { WindowResult } from "../transcript/index.ts";

/** What a service made of one window; the shape of our own recognition's result, times from the window's start. */
export type ProvidedTranscript = Extract<WindowResult, { outcome: "ok" }>["transcript"];

export type ProviderOptions = {
  /** Language code; left out, the service finds out. */
  language?: string | undefined;
  task: "transcribe" | "translate";
  /** Times for every word. */
  words?: boolean | undefined;
  /** Text that could have come before. */
  prompt?: string | undefined;
  signal?: AbortSignal | undefined;
};

/** A speech recogniser that is somewhere else. Windows are cut, counted and joined here all the same. */
export interface SpeechProvider {
  /** As the transcript's `mode` names it. */
  readonly name: string;
  /**
   * @param pcm 16 kHz mono in [-1, 1), at most one window
   * @throws MediaError `provider.unavailable` (worth repeating), `provider.refused`, `request.invalid` for a task that
   * the service does not have
   */
  transcribeWindow(pcm: Float32Array, options: ProviderOptions): Promise<ProvidedTranscript>;
}
