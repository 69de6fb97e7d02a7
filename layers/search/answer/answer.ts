import { MediaError, type Settings } from "../../core/index.ts";
import type { Passage } from "../passage.ts";
import { type Citation, checkCitations } from "./citations.ts";
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
 * Answers a question from passages.
 * @throws MediaError `answer.failed`
 */
export async function answer(
  question: string,
  passages: readonly Passage[],
  { model, signal }: { model: LanguageModel | undefined; signal: AbortSignal },
): Promise<Answer> {
  if (passages.length === 0) {
    return {
      text: "",
      citations: [],
      by: "extract",
      model: null,
      notes: ["Nothing that was said answers to the question."],
    };
  }
  if (!model) {
    const notes = [
      "No language model is configured: these are sentences from the transcripts, quoted. ANSWER_PROVIDER sets one.",
    ];
    return { ...extractAnswer(question, passages), by: "extract", model: null, notes };
  }
  let written = "";
  for await (const piece of model.write(promptOf(question, passages), signal)) {
    written += piece;
    if (written.length > mostAnswerLetters) break;
  }
  if (written.trim() === "")
    throw new MediaError("answer.failed", `The language model ${model.name} answered with nothing. Ask again.`);
  const checked = checkCitations(written.slice(0, mostAnswerLetters), passages);
  const notes = checked.citations.length === 0 ? ["The answer names no passage that it rests on."] : [];
  return { ...checked, by: "model", model: model.name, notes };
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
