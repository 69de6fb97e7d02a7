import type { IncomingMessage, ServerResponse } from "node:http";
import { MediaError, toProblem } from "../../../layers/core/index.ts";
import { Authorizer, type AuthorizerOptions, type Decision } from "./authorizer.ts";
import { BodyRoom, type BodyShare } from "./body-room.ts";
import { type CorsOptions, corsHeaders, isPreflight } from "./cors.ts";
import { eventOf, type HttpApiEvent, splitTarget, withBody } from "./event.ts";
import { isAllowedHost, isAllowedOrigin } from "./origin.ts";
import { RateLimit } from "./rate-limit.ts";
import { message, type Reply, replyOf, send } from "./reply.ts";
import { type GatewayRoute, type RouteMatch, RouteTable } from "./routes.ts";
import { withSecurityHeaders } from "./security-headers.ts";

export type GatewayOptions = {
  routes: GatewayRoute[];
  cors?: CorsOptions;
  /** @param closed aborted when the client has gone */
  invoke(functionName: string, event: unknown, closed: AbortSignal): Promise<unknown>;
  authorizer?: AuthorizerOptions;
  /**
   * The names under which this API may be called, with or without a port. A page of another origin can point its own
   * name at 127.0.0.1 (DNS rebinding); the Host header gives it away.
   */
  allowedHosts?: string[];
  /** Whether it may be called by any IP address besides: it listens beyond loopback. */
  anyAddress?: boolean;
  /** Origins of other pages that may change something. */
  allowedOrigins?: readonly string[];
  /** What one tenant may ask; any number where it is left out. */
  requestsPerSecond?: number | undefined;
  /** What the bodies of all requests in flight may take together; 64 MiB by default. */
  bodyRoomBytes?: number | undefined;
  /** How long a function may take; API Gateway's own 30 s by default. */
  timeoutMs?: number;
  /** Told of what the caller only sees as "Internal Server Error". */
  onError?(error: Error, routeKey: string): void;
};

const maxRequestBytes = 10 * 1024 * 1024;
const defaultTimeoutMs = 30_000;
const defaultBodyRoomBytes = 64 * 1024 * 1024;

/** An authorizer's decision is kept for others, whether or not the one who asked first is still there. */
const unbroken = new AbortController().signal;

/**
 * A problem document (RFC 9457), as functions answer what they refuse. Where OpenAI's clients ask, with the member that they read.
 * https://platform.openai.com/docs/guides/error-codes
 */
function tooMany(afterSeconds: number, { counted }: GatewayRoute): Reply {
  const detail = `More requests came than TENANT_REQUESTS_PER_SECOND allows. Try again in ${afterSeconds} s.`;
  const error = { message: detail, type: "rate_limit_error", param: null, code: "request.too_many" };
  const { status, body } = toProblem(new MediaError("request.too_many", detail));
  return later(status, afterSeconds, counted ? { ...body, error } : body);
}

const later = (statusCode: number, afterSeconds: number, problem: object): Reply => ({
  statusCode,
  headers: { "content-type": "application/problem+json", "retry-after": String(afterSeconds) },
  cookies: [],
  body: Buffer.from(`${JSON.stringify(problem, null, 2)}\n`),
});

/** Whole seconds, not the same for everybody: who was refused together must not come back together. */
const shortWhile = () => 1 + Math.floor(Math.random() * 4);

/** What API Gateway says of a function without room for the call, and when to come again besides: nothing has been done yet. */
function busy(detail: string): Reply {
  const afterSeconds = shortWhile();
  const { body } = toProblem(new MediaError("request.too_many", `${detail} Try again in ${afterSeconds} s.`));
  return later(503, afterSeconds, { ...body, status: 503 });
}

const internalError = () => message(500, "Internal Server Error");

/** Ends the handling of a request with a reply of the gateway's own. */
class Refusal extends Error {
  readonly reply: Reply;

  constructor(statusCode: number, said: string | Reply) {
    super(String(statusCode));
    this.reply = typeof said === "string" ? message(statusCode, said) : said;
  }
}

/**
 * An API Gateway HTTP API on this machine: routes, Lambda proxy events in payload format 2.0, CORS and a Lambda
 * authorizer, with the limits and the wording of the service.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api.html
 * @returns a listener for node:http
 * @throws when a route cannot be read, or needs an authorizer and there is none
 */
export function createGateway(options: GatewayOptions): (request: IncomingMessage, response: ServerResponse) => void {
  const table = new RouteTable(options.routes);
  const authorizer =
    options.authorizer && new Authorizer(options.authorizer, (name, event) => options.invoke(name, event, unbroken));
  const bodies = new BodyRoom(options.bodyRoomBytes ?? defaultBodyRoomBytes);
  const rate = options.requestsPerSecond === undefined ? undefined : new RateLimit(options.requestsPerSecond);
  const guarded = options.routes.find(({ authorized }) => authorized);
  if (guarded && !authorizer) throw new Error(`The route "${guarded.route}" needs an authorizer, and none is set.`);

  return (request, response) => {
    const closed = new AbortController();
    response.on("close", () => closed.abort());
    answer(request, closed.signal)
      .catch((error: Error) => (error instanceof Refusal ? error.reply : failed(error, "")))
      .then((reply) => {
        if (response.destroyed) return;
        if (options.cors) reply = withCors(reply, request, options.cors);
        reply = withSecurityHeaders(reply);
        // The rest of a body that was refused is not read: the connection goes with it.
        if (!request.complete) response.setHeader("connection", "close");
        send(response, reply, request.method !== "HEAD");
      })
      .catch((error: Error) => {
        options.onError?.(error, "");
        response.destroy();
      });
  };

  async function answer(request: IncomingMessage, closed: AbortSignal): Promise<Reply> {
    const { allowedHosts, anyAddress = false, allowedOrigins = [] } = options;
    if (allowedHosts && !isAllowedHost(request.headers.host, allowedHosts, anyAddress))
      throw new Refusal(421, "Misdirected Request");
    // Where there are rules for other origins, they decide.
    if (!options.cors && !isAllowedOrigin(request, allowedOrigins)) throw new Refusal(403, "Forbidden");
    if (options.cors && isPreflight(request)) return { ...message(204, ""), body: Buffer.alloc(0) };
    const { match, event } = route(request);
    await authorize(match, event);
    using share = bodies.share();
    const complete = withBody(event, await readBody(request, share));
    try {
      return replyOf(await inTime(options.invoke(match.route.functionName, complete, closed)));
    } catch (error) {
      if (error instanceof Refusal) throw error;
      return failed(error as Error, match.route.route);
    }
  }

  function route(request: IncomingMessage): { match: RouteMatch; event: HttpApiEvent } {
    try {
      const match = table.match(request.method ?? "GET", splitTarget(request).path);
      if (match) return { match, event: eventOf(request, match) };
    } catch (error) {
      if (error instanceof URIError) throw new Refusal(400, "Bad Request");
      throw error;
    }
    throw new Refusal(404, "Not Found");
  }

  async function authorize(match: RouteMatch, event: HttpApiEvent): Promise<void> {
    if (!authorizer) return;
    if (!match.route.authorized) {
      if (!rate || !match.route.counted) return;
      // Whoever may not come in, or cannot be asked about now, hears so from the function.
      const caller = await inTime(authorizer.decide(event)).catch(() => undefined);
      if (caller?.isAuthorized) count(caller, match.route);
      return;
    }
    const decision = await inTime(authorizer.decide(event));
    if (!decision) throw new Refusal(401, "Unauthorized");
    if (!decision.isAuthorized) throw new Refusal(403, "Forbidden");
    count(decision, match.route);
    event.requestContext.authorizer = { lambda: decision.context };
  }

  function count({ context }: Decision, route: GatewayRoute): void {
    const afterSeconds = rate?.take(String(context?.tenant)) ?? 0;
    if (afterSeconds > 0) throw new Refusal(429, tooMany(afterSeconds, route));
  }

  async function inTime<T>(work: Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>();
    const refuse = () => late.reject(new Refusal(503, "Service Unavailable"));
    const timer = setTimeout(refuse, options.timeoutMs ?? defaultTimeoutMs);
    try {
      return await Promise.race([work, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  function failed(error: Error & { httpStatus?: unknown }, routeKey: string): Reply {
    // Lambda's payload limit is lower than the gateway's; to the caller both are one.
    if (error.httpStatus === 413) return message(413, "Request Entity Too Large");
    if (error.httpStatus === 429) return busy("More requests wait for this than the service has room for.");
    options.onError?.(error, routeKey);
    return internalError();
  }
}

async function readBody(request: IncomingMessage, share: BodyShare): Promise<Buffer> {
  const tooLarge = () => new Refusal(413, "Request Entity Too Large");
  if (Number(request.headers["content-length"] ?? 0) > maxRequestBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  // Leaving the loop must not destroy the request: the refusal still has to be sent on its connection.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxRequestBytes) throw tooLarge();
    if (!share.grow(chunk.length))
      throw new Refusal(503, busy("More is being sent than the service can hold at once."));
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** HTTP APIs ignore what a function says about CORS as soon as they have rules of their own. */
function withCors(reply: Reply, request: IncomingMessage, cors: CorsOptions): Reply {
  const own = Object.entries(reply.headers).filter(([name]) => !name.startsWith("access-control-"));
  const { vary, ...rest } = corsHeaders(request, cors);
  const headers: Record<string, string> = { ...Object.fromEntries(own), ...rest };
  if (vary) headers.vary = [headers.vary, vary].filter(Boolean).join(", ");
  return { ...reply, headers };
}
