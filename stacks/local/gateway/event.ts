import { isUtf8 } from "node:buffer";
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { RouteMatch } from "./routes.ts";

/** The request as functions receive it: an HTTP API event in payload format 2.0. */
export type HttpApiEvent = {
  version: "2.0";
  routeKey: string;
  rawPath: string;
  rawQueryString: string;
  cookies?: string[];
  headers: Record<string, string>;
  queryStringParameters?: Record<string, string>;
  requestContext: {
    accountId: string;
    apiId: string;
    authorizer?: { lambda: Record<string, unknown> | null };
    domainName: string;
    domainPrefix: string;
    http: { method: string; path: string; protocol: string; sourceIp: string; userAgent: string };
    requestId: string;
    routeKey: string;
    stage: string;
    /** Common log format. */
    time: string;
    timeEpoch: number;
  };
  pathParameters?: Record<string, string>;
  body?: string;
  isBase64Encoded: boolean;
};

export const accountId = "000000000000";
export const apiId = "local";

/** The media types whose bodies HTTP APIs pass on as text; all others arrive in base64. */
const textTypes = /^(text\/|application\/(json|javascript|xml)\b|application\/[^;]*\+(json|xml)\b)/i;

/**
 * Builds the event of a request; the body is added by `withBody`.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 * @throws URIError when the path's encoding is broken
 */
export function eventOf(request: IncomingMessage, { route, pathParameters }: RouteMatch): HttpApiEvent {
  const { path, query } = splitTarget(request);
  const rawPath = decodeURI(path);
  const headers = joinedHeaders(request.rawHeaders);
  const cookies = headers.cookie?.split(/;\s*/).filter(Boolean);
  delete headers.cookie;
  const domainName = headers.host ?? "";
  const now = new Date();
  return {
    version: "2.0",
    routeKey: route.route,
    rawPath,
    rawQueryString: query,
    ...(cookies ? { cookies } : {}),
    headers,
    ...(query ? { queryStringParameters: joinedParameters(query) } : {}),
    requestContext: {
      accountId,
      apiId,
      domainName,
      domainPrefix: domainName.split(".")[0] ?? "",
      http: {
        method: request.method ?? "GET",
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? "",
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: randomUUID(),
      routeKey: route.route,
      stage: "$default",
      time: commonLogTime(now),
      timeEpoch: now.getTime(),
    },
    ...(pathParameters ? { pathParameters } : {}),
    isBase64Encoded: false,
  };
}

/** Adds the body, as text where the media type says so and the bytes agree. */
export function withBody(event: HttpApiEvent, body: Buffer): HttpApiEvent {
  if (body.length === 0) return event;
  const type = event.headers["content-type"];
  const isText = (type === undefined || textTypes.test(type)) && isUtf8(body);
  return { ...event, body: body.toString(isText ? "utf8" : "base64"), isBase64Encoded: !isText };
}

/** The request target's path, still encoded, and its query. */
export function splitTarget(request: IncomingMessage): { path: string; query: string } {
  const target = request.url ?? "/";
  const mark = target.indexOf("?");
  return mark < 0 ? { path: target, query: "" } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** Names in lower case; a header that comes several times is joined with commas, cookies with semicolons. */
function joinedHeaders(rawHeaders: string[]): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    const value = rawHeaders[index + 1] ?? "";
    const earlier = headers[name];
    headers[name] = earlier === undefined ? value : `${earlier}${name === "cookie" ? "; " : ","}${value}`;
  }
  return { ...headers };
}

function joinedParameters(query: string): Record<string, string> {
  const parameters: Record<string, string> = Object.create(null);
  for (const [name, value] of new URLSearchParams(query)) {
    const earlier = parameters[name];
    parameters[name] = earlier === undefined ? value : `${earlier},${value}`;
  }
  return { ...parameters };
}

/** `12/Mar/2020:19:03:58 +0000` */
function commonLogTime(date: Date): string {
  const [, day, month, year, time] = date.toUTCString().split(" ");
  return `${day}/${month}/${year}:${time} +0000`;
}
