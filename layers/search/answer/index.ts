export { type Answer, type AnswerEvent, type AnswerOptions, answer, openLanguageModel, writeAnswer } from "./answer.ts";
export { BedrockModel } from "./bedrock.ts";
export { type Citation, CitationChecker } from "./citations.ts";
export { extractAnswer } from "./extract.ts";
export type { LanguageModel, Prompt } from "./language-model.ts";
export { OpenAiModel } from "./openai.ts";
export { promptOf } from "./prompt.ts";
