import { accountId, apiId, type HttpApiEvent } from "./event.ts";

export type AuthorizerOptions = {
  functionName: string;
  /** How long an answer is kept, by the Authorization header's value and the route; 0 asks every time. */
  cacheSeconds: number;
};

export type Decision = { isAuthorized: boolean; context: Record<string, unknown> | null };

/** Answers kept at most: a flood of made-up tokens must not fill the host's memory. */
const maxCached = 1000;

/**
 * A Lambda authorizer (REQUEST, payload format 2.0, simple responses) whose identity source is
 * `$request.header.Authorization` and `$context.routeKey`: what a token may do differs between routes.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 */
export class Authorizer {
  readonly #options: AuthorizerOptions;
  readonly #invoke: (functionName: string, event: unknown) => Promise<unknown>;
  /** In the order in which they were made, oldest first. */
  readonly #cache = new Map<string, { decision: Decision; untilMs: number }>();
  /** Being made: a hundred requests of one caller that come at once are one question. */
  readonly #asked = new Map<string, Promise<Decision>>();

  constructor(options: AuthorizerOptions, invoke: (functionName: string, event: unknown) => Promise<unknown>) {
    this.#options = options;
    this.#invoke = invoke;
  }

  /** @returns undefined when the request names no identity. @throws when the function fails or answers nonsense */
  async decide(event: HttpApiEvent, nowMs = Date.now()): Promise<Decision | undefined> {
    const identity = event.headers.authorization;
    if (!identity) return undefined;
    const name = `${event.routeKey}\n${identity}`;
    const kept = this.#cache.get(name);
    if (kept && kept.untilMs > nowMs) return kept.decision;
    if (this.#options.cacheSeconds <= 0) return this.#ask(event, identity);
    const asked = this.#asked.get(name) ?? this.#ask(event, identity).finally(() => this.#asked.delete(name));
    this.#asked.set(name, asked);
    const decision = await asked;
    this.#keep(name, decision, nowMs);
    return decision;
  }

  async #ask(event: HttpApiEvent, identity: string): Promise<Decision> {
    return readDecision(await this.#invoke(this.#options.functionName, authorizerEvent(event, identity)));
  }

  #keep(name: string, decision: Decision, nowMs: number): void {
    this.#cache.delete(name);
    this.#cache.set(name, { decision, untilMs: nowMs + this.#options.cacheSeconds * 1000 });
    const oldest = this.#cache.keys().next();
    if (this.#cache.size > maxCached && !oldest.done) this.#cache.delete(oldest.value);
  }
}

function authorizerEvent(event: HttpApiEvent, identity: string): Record<string, unknown> {
  const { body: _body, isBase64Encoded: _encoded, ...request } = event;
  const { method, path } = event.requestContext.http;
  return {
    ...request,
    type: "REQUEST",
    routeArn: `arn:aws:execute-api:us-east-1:${accountId}:${apiId}/$default/${method}${path}`,
    identitySource: [identity, event.routeKey],
  };
}

function readDecision(result: unknown): Decision {
  const { isAuthorized, context } = (result ?? {}) as Record<string, unknown>;
  if (typeof isAuthorized !== "boolean") throw new Error("The authorizer's answer has no boolean isAuthorized.");
  return { isAuthorized, context: (context ?? null) as Record<string, unknown> | null };
}
