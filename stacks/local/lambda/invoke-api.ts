import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { AsyncInvoker } from "./async-invoker.ts";
import { functionArn, LambdaServiceException, requestTooLarge } from "./errors.ts";
import { encodeEventStreamMessage } from "./event-stream.ts";
import { maxRequestBytes } from "./function.ts";
import type { LambdaHost } from "./host.ts";

export type LambdaApiOptions = {
  /** Whether the owner of an access key may do this to this function. */
  authorize(accessKeyId: string, action: "lambda:InvokeFunction", functionName: string): boolean | Promise<boolean>;
  /** Takes the asynchronous invocations; by default one with Lambda's own retries. */
  asyncInvoker?: AsyncInvoker;
};

const invokePath = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;
const streamingPath = /^\/2021-11-15\/functions\/([^/]+)\/response-streaming-invocations$/;

/**
 * The Invoke and InvokeWithResponseStream operations of the Lambda API, as @aws-sdk/client-lambda speaks them.
 * Callers are known by the access key id in their Authorization header; bind the listener to loopback.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function createLambdaApi(
  host: LambdaHost,
  options: LambdaApiOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const asyncInvoker = options.asyncInvoker ?? new AsyncInvoker(host);
  return (request, response) => {
    serve(request, response).catch((error: unknown) => refuse(response, error));
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const match = invokePath.exec(path) ?? streamingPath.exec(path);
    if (!match || request.method !== "POST")
      throw new LambdaServiceException(
        "UnknownOperationException",
        404,
        `${request.method} ${path} is not an operation here.`,
      );
    const name = functionNameOf(decodeURIComponent(match[1] ?? ""));
    await checkAccess(request, name);
    host.describe(name);
    const payload = await readPayload(request);
    if (streamingPath.test(path)) return stream(response, name, payload);

    const type = request.headers["x-amz-invocation-type"] ?? "RequestResponse";
    if (type === "DryRun") return void response.writeHead(204, requestIdHeader()).end();
    if (type === "Event") {
      void asyncInvoker.enqueue(name, payload);
      return void response.writeHead(202, requestIdHeader()).end();
    }
    if (type !== "RequestResponse")
      throw new LambdaServiceException(
        "InvalidParameterValueException",
        400,
        `Invocation type ${type} does not exist.`,
      );
    await invoke(request, response, name, payload);
  }

  async function checkAccess(request: IncomingMessage, name: string): Promise<void> {
    const accessKeyId = /Credential=([^/,\s]+)\//.exec(request.headers.authorization ?? "")?.[1];
    if (!accessKeyId)
      throw new LambdaServiceException("MissingAuthenticationTokenException", 403, "Missing Authentication Token");
    if (!(await options.authorize(accessKeyId, "lambda:InvokeFunction", name)))
      throw new LambdaServiceException(
        "AccessDeniedException",
        403,
        `User: ${accessKeyId} is not authorized to perform: lambda:InvokeFunction on resource: ${functionArn(name)}`,
      );
  }

  async function invoke(
    request: IncomingMessage,
    response: ServerResponse,
    name: string,
    payload: string,
  ): Promise<void> {
    const result = await host.call(name, payload, { signal: goneSignal(response), ...clientContextOf(request) });
    const headers: Record<string, string> = {
      "Content-Type": "application/json",
      "X-Amz-Executed-Version": "$LATEST",
      ...requestIdHeader(result.requestId),
    };
    if (result.error) headers["X-Amz-Function-Error"] = "Unhandled";
    if (request.headers["x-amz-log-type"] === "Tail")
      headers["X-Amz-Log-Result"] = Buffer.from(result.logTail).toString("base64");
    response.writeHead(200, headers).end(result.error ? JSON.stringify(result.error.toBody()) : result.payload);
  }

  async function stream(response: ServerResponse, name: string, payload: string): Promise<void> {
    const signal = goneSignal(response);
    const { contentType, prelude, body } = await host.invokeStreaming(name, JSON.parse(payload), { signal });
    response.writeHead(200, {
      "Content-Type": "application/vnd.amazon.eventstream",
      "X-Amz-Executed-Version": "$LATEST",
      "X-Amzn-Remapped-Content-Type": contentType,
      ...requestIdHeader(),
    });
    const send = async (chunk: Buffer) => {
      const frame = encodeEventStreamMessage("PayloadChunk", "application/octet-stream", chunk);
      if (!response.write(frame))
        await new Promise((resolve) => response.once("drain", resolve).once("close", resolve));
    };
    let outcome: Record<string, string> = {};
    try {
      // What HttpResponseStream put in front belongs to the payload as this operation sees it.
      if (prelude) await send(Buffer.concat([Buffer.from(JSON.stringify(prelude)), Buffer.alloc(8)]));
      for await (const chunk of body as AsyncIterable<Buffer>) await send(chunk);
    } catch (error) {
      const { name: code, message } = error as Error;
      outcome = { ErrorCode: code, ErrorDetails: message };
    }
    response.end(encodeEventStreamMessage("InvokeComplete", "application/json", Buffer.from(JSON.stringify(outcome))));
  }
}

/** A function is addressed by its name or its ARN, with or without a qualifier. */
function functionNameOf(text: string): string {
  const parts = text.split(":");
  const index = parts.indexOf("function");
  return (index >= 0 ? parts[index + 1] : parts[0]) ?? text;
}

async function readPayload(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes <= maxRequestBytes) chunks.push(chunk);
    else chunks.length = 0;
  }
  if (sizeBytes > maxRequestBytes) throw requestTooLarge(sizeBytes, maxRequestBytes);
  const text = Buffer.concat(chunks).toString("utf8") || "{}";
  try {
    JSON.parse(text);
  } catch (error) {
    throw new LambdaServiceException(
      "InvalidRequestContentException",
      400,
      `Could not parse request body into json: ${(error as Error).message}`,
    );
  }
  return text;
}

function clientContextOf(request: IncomingMessage): { clientContext?: string } {
  const header = request.headers["x-amz-client-context"];
  return typeof header === "string" ? { clientContext: Buffer.from(header, "base64").toString("utf8") } : {};
}

/** Aborts when the caller hangs up before it has its answer. */
function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) gone.abort(new Error("The caller hung up."));
  });
  return gone.signal;
}

const requestIdHeader = (id: string = randomUUID()) => ({ "X-Amzn-RequestId": id });

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  const known = error instanceof LambdaServiceException ? error : undefined;
  const code =
    known?.code ?? (error instanceof Error && "errorType" in error ? String(error.errorType) : "ServiceException");
  const message = error instanceof Error ? error.message : String(error);
  response
    .writeHead(known?.httpStatus ?? 500, {
      "Content-Type": "application/json",
      "X-Amzn-ErrorType": code,
      ...requestIdHeader(),
    })
    .end(JSON.stringify({ Type: known && known.httpStatus < 500 ? "User" : "Service", Message: message, message }));
}
