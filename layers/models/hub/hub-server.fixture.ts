import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { defaultPatience, type HubPatience, type HubSettings } from "./settings.ts";

/** Answers one request in the server's place; `serve` goes on as if nothing had happened. */
export type Fault = (request: IncomingMessage, response: ServerResponse, serve: () => void) => void;

/** As patient as the real one, in a hundredth of the time. */
export const quickPatience: HubPatience = {
  ...defaultPatience,
  firstAnswerWithinMs: 400,
  unreachableAfterMs: 1000,
  answerWithinMs: 400,
  stallAfterMs: 300,
  retryDelaysMs: [5, 10, 20, 40],
  longestRetryAfterMs: 1500,
};

/** A hub on a loopback port: resolve addresses, commits, entity tags, ranges, and the faults that a test asks for. */
export class HubServer implements AsyncDisposable {
  readonly #server = createServer((request, response) => this.#answer(request, response));
  /** Content by path: `owner/name/file`. */
  readonly files = new Map<string, Buffer>();
  /** Used up one by one, by whichever requests come. */
  readonly faults: Fault[] = [];
  readonly requests: { path: string; headers: IncomingMessage["headers"] }[] = [];
  commit = "c0ffee".padEnd(40, "0");
  /** Other headers of every file. */
  headers: (content: Buffer, name: string) => Record<string, string> = () => ({});

  static async start(): Promise<HubServer> {
    const hub = new HubServer();
    await new Promise<void>((resolve) => hub.#server.listen(0, "127.0.0.1", resolve));
    return hub;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  settings(changes: Partial<HubSettings> = {}): HubSettings {
    return { endpoint: new URL(this.url), offline: false, patience: quickPatience, ...changes };
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? "").slice(1);
    this.requests.push({ path, headers: request.headers });
    const serve = () => this.#serve(path, request, response);
    const fault = this.faults.shift();
    if (fault) fault(request, response, serve);
    else serve();
  }

  #serve(path: string, request: IncomingMessage, response: ServerResponse): void {
    const match = /^([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(path);
    const content = match && this.files.get(`${match[1]}/${match[3]}`);
    if (!match || !content) {
      response.writeHead(404).end("Entry not found");
      return;
    }
    const etag = `"${createHash("sha1").update(content).digest("hex")}"`;
    const headers = { etag, "x-repo-commit": this.commit, ...this.headers(content, match[3] ?? "") };
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const ifRange = request.headers["if-range"];
    if (start === 0 || (ifRange !== undefined && ifRange !== etag)) {
      response.writeHead(200, { ...headers, "content-length": content.length }).end(content);
    } else if (start >= content.length) {
      response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
    } else {
      const range = `bytes ${start}-${content.length - 1}/${content.length}`;
      const rest = content.subarray(start);
      response.writeHead(206, { ...headers, "content-range": range, "content-length": rest.length }).end(rest);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Sends a part of the body, and ends the connection when that has had time to be read. */
export function cutAfter(bytes: number): Fault {
  return (_request, response, serve) => {
    interceptBody(response, (body) => {
      response.write(body.subarray(0, bytes), () => setTimeout(() => response.destroy(), 30));
    });
    serve();
  };
}

/** Sends a part of the body, then nothing more. */
export function stallAfter(bytes: number): Fault {
  return (_request, response, serve) => {
    interceptBody(response, (body) => {
      response.write(body.subarray(0, bytes));
    });
    serve();
  };
}

export function status(code: number, headers: Record<string, string> = {}): Fault {
  return (_request, response) => {
    response.writeHead(code, headers).end("no");
  };
}

function interceptBody(response: ServerResponse, send: (body: Buffer) => void): void {
  response.end = ((body: Buffer) => {
    send(body);
    return response;
  }) as ServerResponse["end"];
}
