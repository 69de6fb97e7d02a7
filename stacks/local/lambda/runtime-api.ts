import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { errorFromTrailers, toErrorBody } from "./error-body.ts";
import type { FunctionErrorBody } from "./errors.ts";
import { maxResponseBytes, type StreamedResponse } from "./function.ts";
import { readStreamedResponse } from "./streamed-response.ts";

/** An event on its way to a runtime. */
export type RuntimeInvocation = {
  requestId: string;
  /** JSON text. */
  payload: string;
  deadlineMs: number;
  functionArn: string;
  clientContext?: string;
  /** Receives a streamed reply as it begins; without it a stream is collected like any other reply. */
  onStream?: (response: StreamedResponse) => void;
  /** Tell the runtime when nobody reads on. */
  hangUp?: boolean;
};

/** What the runtime had to say about an event. A streamed reply has no payload here. */
export type RuntimeAnswer =
  | { kind: "response"; payload: Buffer }
  | { kind: "streamed" }
  | { kind: "error"; error: FunctionErrorBody };

export type RuntimeApiEvents = {
  /** The runtime asks for its next event: it has started, or is done with the one before. */
  onNext(): void;
  onAnswer(answer: RuntimeAnswer): void;
  onInitError(error: FunctionErrorBody): void;
};

const pathPattern = /^\/2018-06-01\/runtime\/(?:invocation\/(next|([^/]+)\/(response|error))|(init\/error))$/;
const maxErrorBytes = 256 * 1024;

/**
 * The Lambda Runtime API (version 2018-06-01) for one execution environment. Every environment has a listener of its
 * own on a loopback port, so none can take another's events.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export class RuntimeApi {
  readonly #events: RuntimeApiEvents;
  readonly #server: Server;
  #waiting: ServerResponse | undefined;
  #current: RuntimeInvocation | undefined;

  constructor(events: RuntimeApiEvents) {
    this.#events = events;
    this.#server = createServer({ requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 }, (request, response) => {
      this.#handle(request, response).catch((error: Error) => {
        // A runtime that went away in mid-request is noticed by its process ending.
        if (!response.headersSent) refuse(response, 500, "InternalServerError", error.message);
      });
    });
  }

  /** @returns host and port, as AWS_LAMBDA_RUNTIME_API has them */
  async listen(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(0, "127.0.0.1", resolve);
    });
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Hands an event to the runtime. @returns false when the runtime is not waiting for one */
  deliver(invocation: RuntimeInvocation): boolean {
    const response = this.#waiting;
    if (!response || this.#current) return false;
    this.#waiting = undefined;
    this.#current = invocation;
    response.writeHead(200, {
      "Content-Type": "application/json",
      "Lambda-Runtime-Aws-Request-Id": invocation.requestId,
      "Lambda-Runtime-Deadline-Ms": String(invocation.deadlineMs),
      "Lambda-Runtime-Invoked-Function-Arn": invocation.functionArn,
      "Lambda-Runtime-Trace-Id": traceId(invocation.requestId),
      ...(invocation.clientContext ? { "Lambda-Runtime-Client-Context": invocation.clientContext } : {}),
    });
    response.end(invocation.payload);
    return true;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const match = pathPattern.exec((request.url ?? "").split("?")[0] ?? "");
    if (!match) return refuse(response, 404, "NotFound", `The Runtime API has no path ${request.url}.`);
    const [, next, requestId, verb] = match;
    if (request.method !== (next === "next" ? "GET" : "POST"))
      return refuse(response, 405, "MethodNotAllowed", `${request.method} is not possible here.`);
    if (next === "next") return this.#next(response);
    if (!requestId) return this.#initError(request, response);
    if (requestId !== this.#current?.requestId) return refuse(response, 400, "InvalidRequestID", "Invalid request ID");
    return verb === "error" ? this.#error(request, response) : this.#response(request, response, this.#current);
  }

  #next(response: ServerResponse): void {
    if (this.#current || this.#waiting) {
      refuse(response, 403, "InvalidStateTransition", "State transition is not allowed");
      return;
    }
    this.#waiting = response;
    response.once("close", () => {
      if (this.#waiting === response) this.#waiting = undefined;
    });
    this.#events.onNext();
  }

  async #response(request: IncomingMessage, response: ServerResponse, current: RuntimeInvocation): Promise<void> {
    const streaming = request.headers["lambda-runtime-function-response-mode"] === "streaming";
    if (streaming && current.onStream) {
      // An answer before the reply is complete says that the rest is not wanted.
      const onLeft = current.hangUp ? () => this.#answer(response, { kind: "streamed" }) : undefined;
      const failure = await readStreamedResponse(request, current.onStream, onLeft);
      if (response.headersSent) return;
      return this.#answer(response, failure ? { kind: "error", error: failure } : { kind: "streamed" });
    }
    const payload = await collect(request, maxResponseBytes);
    if (!payload) {
      const message = `Exceeded maximum allowed payload size (${maxResponseBytes} bytes).`;
      this.#finish({
        kind: "error",
        error: {
          errorType: "Function.ResponseSizeTooLarge",
          errorMessage: `Response payload size exceeded maximum allowed payload size (${maxResponseBytes} bytes).`,
        },
      });
      return refuse(response, 413, "RequestEntityTooLarge", message);
    }
    const failure = streaming ? errorFromTrailers(request) : undefined;
    this.#answer(response, failure ? { kind: "error", error: failure } : { kind: "response", payload });
  }

  async #error(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#answer(response, { kind: "error", error: await readError(request) });
  }

  async #initError(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#events.onInitError(await readError(request));
    accept(response);
  }

  #answer(response: ServerResponse, answer: RuntimeAnswer): void {
    this.#finish(answer);
    accept(response);
  }

  #finish(answer: RuntimeAnswer): void {
    if (!this.#current) return;
    this.#current = undefined;
    this.#events.onAnswer(answer);
  }
}

async function readError(request: IncomingMessage): Promise<FunctionErrorBody> {
  const body = await collect(request, maxErrorBytes);
  return toErrorBody(
    body ?? Buffer.alloc(0),
    String(request.headers["lambda-runtime-function-error-type"] ?? "Unhandled"),
  );
}

/** The whole body, or undefined when it is over the limit; the rest is read and thrown away. */
async function collect(request: IncomingMessage, limitBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes <= limitBytes) chunks.push(chunk);
    else chunks.length = 0;
  }
  return sizeBytes <= limitBytes ? Buffer.concat(chunks) : undefined;
}

function accept(response: ServerResponse): void {
  response.writeHead(202, { "Content-Type": "application/json" }).end('{"status":"OK"}');
}

function refuse(response: ServerResponse, status: number, errorType: string, errorMessage: string): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify({ errorType, errorMessage }));
}

/** X-Ray's trace header; the id is derived from the request so that logs can be joined. */
function traceId(requestId: string): string {
  const hex = requestId.replaceAll("-", "");
  const epoch = Math.floor(Date.now() / 1000).toString(16);
  return `Root=1-${epoch}-${hex.slice(0, 24)};Parent=${hex.slice(0, 16)};Sampled=0`;
}
