import type { IncomingMessage } from "node:http";

/** Cross-origin rules of the whole API. `*` stands for everything; an origin may be `https://*`. */
export type CorsOptions = {
  allowOrigins: string[];
  allowMethods: string[];
  allowHeaders: string[];
  exposeHeaders?: string[];
  maxAgeSeconds?: number;
};

/** Whether the gateway itself answers: a preflight never reaches a function, routed or not. */
export function isPreflight(request: IncomingMessage): boolean {
  const { headers, method } = request;
  return method === "OPTIONS" && headers.origin !== undefined && headers["access-control-request-method"] !== undefined;
}

/**
 * The CORS headers of a reply; none when the origin is not allowed. They replace those of the function.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
export function corsHeaders(request: IncomingMessage, cors: CorsOptions): Record<string, string> {
  const { origin } = request.headers;
  const anyOrigin = cors.allowOrigins.includes("*");
  const vary: Record<string, string> = anyOrigin ? {} : { vary: "origin" };
  if (origin === undefined || !cors.allowOrigins.some((pattern) => originMatches(pattern, origin))) return vary;
  const headers: Record<string, string> = { ...vary, "access-control-allow-origin": anyOrigin ? "*" : origin };
  if (!isPreflight(request)) {
    if (cors.exposeHeaders?.length) headers["access-control-expose-headers"] = cors.exposeHeaders.join(",");
    return headers;
  }
  headers["access-control-allow-methods"] = cors.allowMethods.join(",");
  headers["access-control-allow-headers"] = cors.allowHeaders.join(",");
  if (cors.maxAgeSeconds !== undefined) headers["access-control-max-age"] = String(cors.maxAgeSeconds);
  return headers;
}

function originMatches(pattern: string, origin: string): boolean {
  if (pattern === "*") return true;
  if (pattern.endsWith("://*")) return origin.toLowerCase().startsWith(pattern.slice(0, -1).toLowerCase());
  return pattern.toLowerCase() === origin.toLowerCase();
}
