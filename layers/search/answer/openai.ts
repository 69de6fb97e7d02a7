import { z } from "zod";
import { MediaError } from "../../core/index.ts";
import { type LanguageModel, mostAnswerTokens, type Prompt } from "./language-model.ts";

export type OpenAiModelSettings = {
  /** Up to and without `/chat/completions`. */
  readonly baseUrl: string;
  readonly apiKey?: string | undefined;
  readonly model: string;
};

const chunkSchema = z.object({
  choices: z.array(z.object({ delta: z.object({ content: z.string().nullish() }).optional() })).default([]),
  error: z.unknown().optional(),
});

/** One event of the stream; a service that sends more without an end of line is no such service. */
const mostEventLetters = 1_000_000;

/** Any service with OpenAI's chat completions, streamed. https://platform.openai.com/docs/api-reference/chat/streaming */
export class OpenAiModel implements LanguageModel {
  readonly name: string;
  readonly #settings: OpenAiModelSettings;

  constructor(settings: OpenAiModelSettings) {
    this.#settings = settings;
    this.name = settings.model;
  }

  async *write({ system, user }: Prompt, signal: AbortSignal): AsyncIterable<string> {
    const { baseUrl, apiKey, model } = this.#settings;
    const url = `${baseUrl.replace(/\/+$/, "")}/chat/completions`;
    const body = {
      model,
      stream: true,
      temperature: 0,
      max_tokens: mostAnswerTokens,
      messages: [
        { role: "system", content: system },
        { role: "user", content: user },
      ],
    };
    const { host } = new URL(url);
    const reply = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}) },
      body: JSON.stringify(body),
      // A key must not follow to wherever a service, or who answers in its place, points.
      redirect: "error",
      signal,
    }).catch((cause) => {
      throw failed(host, "it cannot be reached", cause);
    });
    if (!reply.ok || !reply.body) {
      await reply.body?.cancel();
      throw failed(host, `HTTP ${reply.status}`);
    }
    try {
      for await (const data of events(reply.body)) {
        if (data === "[DONE]") return;
        const parsed = chunkSchema.safeParse(parseJson(data));
        if (!parsed.success || parsed.data.error !== undefined)
          throw failed(host, "it sent an error instead of an answer");
        const text = parsed.data.choices[0]?.delta?.content;
        if (text) yield text;
      }
    } catch (error) {
      throw error instanceof MediaError ? error : failed(host, "it broke off", error);
    }
  }
}

/** The data of server-sent events. https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream */
async function* events(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    if (rest.length > mostEventLetters) throw new RangeError("an event without an end");
    for (const line of lines) if (line.startsWith("data:")) yield line.slice(5).trim();
  }
  if (rest.startsWith("data:")) yield rest.slice(5).trim();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function failed(host: string, reason: string, cause?: unknown): MediaError {
  return new MediaError(
    "answer.failed",
    `The language model at ${host} did not answer: ${reason}. Check OPENAI_BASE_URL, OPENAI_API_KEY and ANSWER_MODEL; search works without it.`,
    { cause },
  );
}
