import { MediaError, type Settings } from "../../core/index.ts";
import type { Passage } from "../passage.ts";
import { type Citation, CitationChecker } from "./citations.ts";
import { extractAnswer } from "./extract.ts";
import type { LanguageModel } from "./language-model.ts";
import { promptOf } from "./prompt.ts";

export type Answer = {
  /** `[1]` is the citation of that number. */
  readonly text: string;
  /** Each of a passage that was found. Empty where the passages do not answer the question, or nobody said on what the answer rests. */
  readonly citations: readonly Citation[];
  /** `extract`: sentences quoted from the passages, because no language model is configured. `model`: written by one. */
  readonly by: "extract" | "model";
  readonly model: string | null;
  /** To be shown with the answer. */
  readonly notes: readonly string[];
};

/** Letters of an answer at most; a service that goes on is not read to its end. */
const mostAnswerLetters = 20_000;

/**
 * An answer on its way: pieces of its text, all of which together are the answer's, each citation before the piece that first names it,
 * and the answer itself at the end.
 */
export type AnswerEvent = { readonly delta: string } | { readonly citation: Citation } | { readonly answer: Answer };

export type AnswerOptions = {
  /** None: sentences are quoted. */
  model: LanguageModel | undefined;
  /** Ends the writing: a model is not read any further. */
  signal: AbortSignal;
};

/**
 * Answers a question from passages, while the answer is written. Nothing is let through that the check of citations would change.
 * @throws MediaError `answer.failed`
 */
export async function* writeAnswer(
  question: string,
  passages: readonly Passage[],
  { model, signal }: AnswerOptions,
): AsyncGenerator<AnswerEvent, void> {
  if (passages.length === 0) {
    const notes = ["Nothing that was said answers to the question."];
    yield { answer: { text: "", citations: [], by: "extract", model: null, notes } };
    return;
  }
  if (!model) {
    const notes = [
      "No language model is configured: these are sentences from the transcripts, quoted. ANSWER_PROVIDER sets one.",
    ];
    const extracted = extractAnswer(question, passages);
    for (const citation of extracted.citations) yield { citation };
    yield { delta: extracted.text };
    yield { answer: { ...extracted, by: "extract", model: null, notes } };
    return;
  }
  const checker = new CitationChecker(passages);
  let text = "";
  let lettersRead = 0;
  let cited = 0;
  function* letThrough(delta: string): Generator<AnswerEvent> {
    const { citations } = checker;
    for (const citation of citations.slice(cited)) yield { citation };
    cited = citations.length;
    text += delta;
    if (delta !== "") yield { delta };
  }
  for await (const piece of model.write(promptOf(question, passages), signal)) {
    yield* letThrough(checker.push(piece.slice(0, mostAnswerLetters - lettersRead)));
    lettersRead += piece.length;
    if (lettersRead >= mostAnswerLetters) break;
  }
  yield* letThrough(checker.end());
  if (text === "")
    throw new MediaError("answer.failed", `The language model ${model.name} answered with nothing. Ask again.`);
  const { citations } = checker;
  const notes = citations.length === 0 ? ["The answer names no passage that it rests on."] : [];
  yield { answer: { text, citations, by: "model", model: model.name, notes } };
}

/**
 * Answers a question from passages.
 * @throws MediaError `answer.failed`
 */
export async function answer(question: string, passages: readonly Passage[], options: AnswerOptions): Promise<Answer> {
  for await (const event of writeAnswer(question, passages, options)) if ("answer" in event) return event.answer;
  throw new MediaError("answer.failed", "The answer has no end. Ask again.");
}

/**
 * The language model of the settings; none where answers are quoted.
 * @throws MediaError `config.invalid` where ANSWER_MODEL is missing
 */
export async function openLanguageModel(settings: Settings): Promise<LanguageModel | undefined> {
  const { ANSWER_PROVIDER: provider, ANSWER_MODEL: model } = settings;
  if (provider === "none") return undefined;
  if (!model)
    throw new MediaError(
      "config.invalid",
      `ANSWER_PROVIDER is ${provider}, and ANSWER_MODEL does not say which of its models. Set it.`,
    );
  if (provider === "bedrock") return new (await import("./bedrock.ts")).BedrockModel(model);
  const { OpenAiModel } = await import("./openai.ts");
  return new OpenAiModel({ baseUrl: settings.OPENAI_BASE_URL, apiKey: settings.OPENAI_API_KEY, model });
}
