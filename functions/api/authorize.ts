import { createHash, timingSafeEqual } from "node:crypto";
import type { APIGatewayRequestAuthorizerEventV2, APIGatewaySimpleAuthorizerResult } from "aws-lambda";
import { defaultTenant, environmentValue } from "../../layers/core/index.ts";
import type { Caller } from "./caller.ts";

/** Lambda authorizer (payload 2.0, simple response): `Authorization: Bearer <token>` against the token's stored hash. */
export async function handler(event: APIGatewayRequestAuthorizerEventV2): Promise<APIGatewaySimpleAuthorizerResult & { context?: Caller }> {
  const [scheme, token, ...rest] = (event.headers?.authorization ?? "").trim().split(/\s+/);
  if (scheme?.toLowerCase() !== "bearer" || token === undefined || rest.length > 0) return { isAuthorized: false };
  const given = createHash("sha256").update(token).digest();
  const expected = Buffer.from(environmentValue("ACCESS_TOKEN_SHA256"), "hex");
  const isAuthorized = expected.length === given.length && timingSafeEqual(expected, given);
  return isAuthorized ? { isAuthorized, context: { tenant: defaultTenant, scopes: ["*"] } } : { isAuthorized };
}
