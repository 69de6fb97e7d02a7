import type { BedrockRuntimeClient } from "@aws-sdk/client-bedrock-runtime";
import { MediaError } from "../../core/index.ts";
import { type LanguageModel, mostAnswerTokens, type Prompt } from "./language-model.ts";

/** A model of Amazon Bedrock by its Converse API, streamed. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html */
export class BedrockModel implements LanguageModel {
  readonly name: string;
  readonly #client: BedrockRuntimeClient | undefined;

  /** @param model id or ARN of a model or an inference profile */
  constructor(model: string, client?: BedrockRuntimeClient) {
    this.name = model;
    this.#client = client;
  }

  async *write({ system, user }: Prompt, signal: AbortSignal): AsyncIterable<string> {
    // Loaded only where it is used: no other provider should pay for it.
    const { BedrockRuntimeClient, ConverseStreamCommand } = await import("@aws-sdk/client-bedrock-runtime");
    const client = this.#client ?? new BedrockRuntimeClient({});
    try {
      const { stream } = await client.send(
        new ConverseStreamCommand({
          modelId: this.name,
          system: [{ text: system }],
          messages: [{ role: "user", content: [{ text: user }] }],
          inferenceConfig: { maxTokens: mostAnswerTokens, temperature: 0 },
        }),
        { abortSignal: signal },
      );
      let complete = false;
      for await (const { contentBlockDelta, messageStop } of stream ?? []) {
        const text = contentBlockDelta?.delta?.text;
        if (text) yield text;
        if (messageStop) complete = true;
      }
      // A stream that is aborted, or breaks off, just ends: half an answer is none.
      signal.throwIfAborted();
      if (!complete) throw new Error("the stream ended before its message did");
    } catch (cause) {
      throw new MediaError(
        "answer.failed",
        `Amazon Bedrock did not answer as ${this.name}: ${(cause as Error).name}. Check ANSWER_MODEL and that the account may use it; search works without it.`,
        { cause },
      );
    } finally {
      if (!this.#client) client.destroy();
    }
  }
}
