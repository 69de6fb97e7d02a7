import type { APIGatewayRequestAuthorizerEventV2, APIGatewaySimpleAuthorizerResult } from "aws-lambda";
import { bearerOf } from "./access.ts";
import type { Caller } from "./caller.ts";

/** Lambda authorizer (payload 2.0, simple response) for every address whose function does not check the token itself. */
export async function handler(event: APIGatewayRequestAuthorizerEventV2): Promise<APIGatewaySimpleAuthorizerResult & { context?: Caller }> {
  const context = bearerOf(event.headers?.authorization);
  return context ? { isAuthorized: true, context } : { isAuthorized: false };
}
