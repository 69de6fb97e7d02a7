import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

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
  const server = createServer((request, response) => {
    read(request).then(() => {
      if (request.url === "/v1/chat/completions") {
        response.writeHead(200, { "content-type": "text/event-stream" });
        return service.writes(response);
      }
      service.windows++;
      service.hears(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const service: ScriptedService = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    hears: (response) => heard(response, "Hello."),
    writes: (response) => response.end("data: [DONE]\n\n"),
    windows: 0,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return service;
}

async function read(request: IncomingMessage): Promise<void> {
  for await (const _ of request);
}

/** One window's text. */
export function heard(response: ServerResponse, text: string): void {
  const segments = [{ start: 0.2, end: 1.1, text: ` ${text}` }];
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ language: "english", text, segments }));
}

/** One piece of an answer. */
export const written = (content: string) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;
