import { createHash, timingSafeEqual } from "node:crypto";
import type { APIGatewayRequestAuthorizerEventV2, APIGatewaySimpleAuthorizerResult } from "aws-lambda";
import { environmentValue } from "../../layers/core/index.ts";

/** Lambda authorizer (payload 2.0, simple response): `Authorization: Bearer <token>` against the token's stored hash. */
export async function handler(event: APIGatewayRequestAuthorizerEventV2): Promise<APIGatewaySimpleAuthorizerResult> {
  const [scheme, token, ...rest] = (event.headers?.authorization ?? "").trim().split(/\s+/);
  if (scheme?.toLowerCase() !== "bearer" || token === undefined || rest.length > 0) return { isAuthorized: false };
  const given = createHash("sha256").update(token).digest();
  const expected = Buffer.from(environmentValue("ACCESS_TOKEN_SHA256"), "hex");
  return { isAuthorized: expected.length === given.length && timingSafeEqual(expected, given) };
}
