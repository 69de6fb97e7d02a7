import type { APIGatewayRequestAuthorizerEventV2, APIGatewaySimpleAuthorizerResult } from "aws-lambda";
import { z } from "zod";
import { authenticate, holds, type Identity, JwtVerifier, scopeSchema } from "../../layers/access/index.ts";
import { environmentValue, MediaError, readSettings } from "../../layers/core/index.ts";

type Decision = APIGatewaySimpleAuthorizerResult & { context?: Identity };

/** Of the process: the issuer's keys are in it. */
let jwt: JwtVerifier | undefined;

/**
 * Lambda authorizer (payload 2.0, simple response): who sends `Authorization: Bearer <key or token>`, and whether they may use the route.
 * A route that the table of scopes does not know is refused.
 */
export async function handler(event: APIGatewayRequestAuthorizerEventV2): Promise<Decision> {
  jwt ??= verifierOf(process.env);
  const identity = await authenticate(event.headers?.authorization, {
    hostTokenSha256: environmentValue("ACCESS_TOKEN_SHA256"),
    jwt,
  });
  const needed = scopeTable()[event.routeKey];
  if (!identity || needed === undefined || !holds(identity.scopes, needed)) return { isAuthorized: false };
  return { isAuthorized: true, context: identity };
}

/** Undefined where no issuer's tokens are accepted. @throws MediaError `config.invalid` where it is not said whom they must be made for */
function verifierOf(environment: Record<string, string | undefined>): JwtVerifier | undefined {
  const { AUTH_ISSUER, AUTH_AUDIENCE, AUTH_TENANT_CLAIM, AUTH_SCOPE_CLAIM } = readSettings(environment);
  if (AUTH_ISSUER === undefined) return undefined;
  if (AUTH_AUDIENCE === undefined) {
    throw new MediaError("config.invalid", "AUTH_ISSUER is set and AUTH_AUDIENCE is not: set both, or neither.");
  }
  return new JwtVerifier({
    ...{ issuer: AUTH_ISSUER, audience: AUTH_AUDIENCE },
    ...{ tenantClaim: AUTH_TENANT_CLAIM, scopeClaim: AUTH_SCOPE_CLAIM },
  });
}

const scopeTable = () => z.record(z.string(), scopeSchema).parse(JSON.parse(environmentValue("ROUTE_SCOPES")));
