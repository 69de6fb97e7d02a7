import type { Context } from "aws-lambda";
import type { HttpEvent } from "../../functions/api/http.ts";
import { calledBy } from "./caller.ts";

export type Called = { status: number; body: Record<string, unknown> };

export type Request = {
  tenant?: string;
  method?: string;
  path?: Record<string, string>;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  /** Bytes are sent as API Gateway does it, in base64. */
  body?: unknown;
};

/** Calls an endpoint's handler as the gateway would, and reads its reply. */
export async function call(
  handler: (event: HttpEvent, context: Context) => unknown,
  { tenant, method = "GET", path = {}, query = {}, headers = {}, body }: Request = {},
): Promise<Called> {
  const { requestContext } = calledBy(tenant);
  const bytes = body instanceof Uint8Array;
  const event = {
    requestContext: { ...requestContext, http: { method } },
    pathParameters: path,
    queryStringParameters: query,
    headers,
    body: bytes ? Buffer.from(body).toString("base64") : typeof body === "string" ? body : JSON.stringify(body),
    isBase64Encoded: bytes,
  };
  const reply = (await handler(event as unknown as HttpEvent, {} as Context)) as { statusCode: number; body: string };
  return { status: reply.statusCode, body: reply.body ? JSON.parse(reply.body) : {} };
}
