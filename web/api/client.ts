import { signOut, token } from "../session.ts";
import { strings } from "../strings.ts";

/** What went wrong, for people: `message` says what happened, to what, and what to do next. */
export class ApiError extends Error {
  readonly status: number;
  /** A stable code of the API's, or `network`. */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

type Options = { body?: unknown; signal?: AbortSignal | undefined; headers?: Record<string, string> };

export const authorization = (): Record<string, string> => ({ authorization: `Bearer ${token.value ?? ""}` });

/** A request with the access token. A refused token ends the session. @throws ApiError */
export async function request(method: string, path: string, { body, signal, headers }: Options = {}) {
  const init: RequestInit = {
    method,
    headers: { ...authorization(), ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  };
  const reply = await fetch(path, init).catch((error: Error) => {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, "network", strings.errors.network);
  });
  if (reply.ok) return reply;
  const error = await errorOf(reply);
  if (reply.status === 401 || (reply.status === 403 && error.code === "http.403")) signOut();
  throw error;
}

/** @throws ApiError */
export async function call<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const reply = await request(method, path, options);
  return (reply.status === 204 ? undefined : await reply.json()) as T;
}

/** Problem documents (RFC 9457), and the gateway's own short messages. */
async function errorOf(reply: Response): Promise<ApiError> {
  const problem = (await reply.json().catch(() => ({}))) as Record<string, unknown>;
  const text = [problem.detail, problem.message, problem.title].find((candidate) => typeof candidate === "string");
  const code = typeof problem.code === "string" ? problem.code : `http.${reply.status}`;
  return new ApiError(reply.status, code, (text as string | undefined) ?? strings.errors.status(reply.status));
}

export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
