import { authorizerCacheSeconds, type FunctionName, type FunctionSpec, routes } from "../../app/index.ts";
import type { Deployment } from "../deployment.ts";
import { type Functions, ownAddress } from "./functions.ts";

/** What one client may send before others feel it; API Gateway answers 429 beyond. */
const throttling = { throttlingRateLimit: 50, throttlingBurstLimit: 100 };

/**
 * The HTTP API of stacks/app: its routes, and the Lambda authorizer in front of those that need one. It passes replies on in one piece:
 * what streams is the same here, and late; the function's own address, or the page's, has it as it comes.
 */
export function createApi({
  deployment,
  origins,
  specs,
  functions,
}: {
  deployment: Deployment;
  specs: Record<FunctionName, FunctionSpec>;
  origins: $util.Input<string>[];
  functions: Functions;
}) {
  const api = new sst.aws.ApiGatewayV2("Api", {
    cors:
      origins.length > 0
        ? {
            allowOrigins: origins,
            allowMethods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
            allowHeaders: ["authorization", "content-type", "idempotency-key"],
            exposeHeaders: ["etag", "location", "retry-after"],
            maxAge: "1 hour",
          }
        : false,
    transform: {
      stage: { defaultRouteSettings: throttling },
      logGroup: { retentionInDays: deployment.settings.HALFGIG_LOG_DAYS },
    },
  });
  const authorizer = api.addAuthorizer({
    name: "Token",
    lambda: {
      function: functions.authorize.arn,
      payload: "2.0",
      response: "simple",
      // An answer is for a route too: what a key may do differs between them.
      identitySources: ["$request.header.Authorization", "$context.routeKey"],
      ttl: `${authorizerCacheSeconds} seconds`,
    },
  });
  for (const route of routes) {
    const options = route.authorized ? { auth: { lambda: authorizer.id } } : {};
    // A handler that streams does not answer in the form that API Gateway reads of a function; over HTTP it does.
    if (specs[route.function].url) api.routeUrl(route.route, ownAddress(functions, route), options);
    else api.route(route.route, functions[route.function].arn, options);
  }
  return { url: api.url, id: api.nodes.api.id };
}
