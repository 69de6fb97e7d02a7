import type { ServerResponse } from "node:http";
import { openReceiver } from "../../support/receiver.ts";

export type ScriptedService = AsyncDisposable & {
  /** As OPENAI_BASE_URL has it. */
  url: string;
  /** Answers `POST <url>/audio/transcriptions`, a window each. */
  hears: (response: ServerResponse) => void;
  /** Answers `POST <url>/chat/completions`; the head is sent already. */
  writes: (response: ServerResponse) => void;
  /** Requests to recognise a window that have come so far. */
  windows: number;
};

/** A service with OpenAI's API on loopback that says what a test tells it to say, when it tells it to. */
export async function serveScript(): Promise<ScriptedService> {
  const receiver = await openReceiver(({ path }, response) => {
    if (path === "/v1/chat/completions") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      return service.writes(response);
    }
    service.windows++;
    service.hears(response);
  });
  const service: ScriptedService = {
    url: `${receiver.url}/v1`,
    hears: (response) => heard(response, "Hello."),
    writes: (response) => response.end("data: [DONE]\n\n"),
    windows: 0,
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  };
  return service;
}

/** One window's text. */
export function heard(response: ServerResponse, text: string): void {
  const segments = [{ start: 0.2, end: 1.1, text: ` ${text}` }];
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ language: "english", text, segments }));
}

/** One piece of an answer. */
export const written = (content: string) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;
