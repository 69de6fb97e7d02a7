import { type ServerResponse, validateHeaderName, validateHeaderValue } from "node:http";
import { Readable } from "node:stream";

export type Reply = {
  statusCode: number;
  headers: Record<string, string>;
  cookies: string[];
  body: Buffer;
  /** In place of the body: sent as it comes. */
  stream?: AsyncIterable<string | Buffer>;
};

/** What the gateway itself says, in the words of API Gateway. */
export function message(statusCode: number, text: string): Reply {
  return {
    statusCode,
    headers: { "content-type": "application/json" },
    cookies: [],
    body: Buffer.from(JSON.stringify({ message: text })),
  };
}

/** Decided by the connection, not by a function. */
const connectionHeaders = new Set(["connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"]);

/**
 * Reads a function's result in payload format 2.0. A result without a status is the body of a JSON reply.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 * @throws when the result is malformed
 */
export function replyOf(result: unknown): Reply {
  if (typeof result !== "object" || result === null || !("statusCode" in result)) {
    const body = typeof result === "string" ? result : JSON.stringify(result ?? null);
    return { statusCode: 200, headers: { "content-type": "application/json" }, cookies: [], body: Buffer.from(body) };
  }
  const { statusCode, headers, cookies, body, stream, isBase64Encoded } = result as Record<string, unknown>;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 200 || status > 599) throw malformed("statusCode", statusCode);
  if (body !== undefined && body !== null && typeof body !== "string") throw malformed("body", typeof body);
  return {
    statusCode: status,
    headers: { "content-type": "text/plain;charset=UTF-8", ...headersOf(headers ?? {}) },
    cookies: cookiesOf(cookies ?? []),
    body: Buffer.from(body ?? "", isBase64Encoded === true ? "base64" : "utf8"),
    // Only a host's own answer can have one; what a function says came as JSON.
    ...(isAsyncIterable(stream) ? { stream } : {}),
  };
}

export function send(response: ServerResponse, reply: Reply, withBody = true): void {
  for (const [name, value] of Object.entries(reply.headers)) response.setHeader(name, value);
  if (reply.cookies.length > 0) response.setHeader("set-cookie", reply.cookies);
  response.statusCode = reply.statusCode;
  if (reply.stream && withBody) {
    response.flushHeaders();
    const source = Readable.from(reply.stream);
    response.on("close", () => source.destroy());
    source.on("error", (error) => response.destroy(error));
    source.pipe(response);
    return;
  }
  const hasBody = reply.statusCode !== 204 && reply.statusCode !== 304;
  if (hasBody) response.setHeader("content-length", reply.body.length);
  else response.removeHeader("content-type");
  response.end(hasBody && withBody ? reply.body : undefined);
}

function isAsyncIterable(value: unknown): value is AsyncIterable<string> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

function headersOf(headers: unknown): Record<string, string> {
  if (typeof headers !== "object" || headers === null) throw malformed("headers", headers);
  const result: Record<string, string> = {};
  for (const [key, value] of Object.entries(headers)) {
    const name = key.toLowerCase();
    if (connectionHeaders.has(name)) continue;
    const text = Array.isArray(value) ? value.join(",") : String(value);
    validateHeaderName(name);
    validateHeaderValue(name, text);
    result[name] = text;
  }
  return result;
}

function cookiesOf(cookies: unknown): string[] {
  if (!Array.isArray(cookies)) throw malformed("cookies", cookies);
  return cookies.map((cookie) => {
    validateHeaderValue("set-cookie", String(cookie));
    return String(cookie);
  });
}

const malformed = (field: string, value: unknown) =>
  new Error(`The function's reply has an unusable ${field} (${String(value)}).`);
