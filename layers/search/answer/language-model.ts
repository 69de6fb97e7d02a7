export type Prompt = { readonly system: string; readonly user: string };

/** Whoever turns a prompt into text, piece by piece. */
export interface LanguageModel {
  /** What wrote the answer, for those who read it. */
  readonly name: string;
  /** @throws MediaError `answer.failed` where the service refuses, breaks off, or says nothing */
  write(prompt: Prompt, signal: AbortSignal): AsyncIterable<string>;
}

/** Tokens of an answer at most. */
export const mostAnswerTokens = 700;
