import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { z } from "zod";
import { environmentValue, MediaError, sha256Hex } from "../../layers/core/index.ts";
import { type Caller, callerOf } from "./caller.ts";
import type { HttpEvent } from "./http.ts";
import { routeOf } from "./route-of.ts";

const replySchema = z.object({ isAuthorized: z.boolean(), context: z.unknown().optional() });

let client: LambdaClient | undefined;

/** Good tokens, by their hash and what was asked with them: as long as the gateway would keep the answer at most. */
const kept = new Map<string, { caller: Caller; untilMs: number }>();
const keptMs = 60_000;
const mostKept = 1_000;

/**
 * Who asks, by the same function that the gateway asks before other routes: there is one place that knows keys. A function that has an
 * address of its own asks for every request, whatever else stands before it.
 * @throws MediaError `request.unauthorized`, `request.not_found`
 */
export async function askAuthorizer(event: HttpEvent): Promise<Caller> {
  const routeKey = routeOf(event);
  const { authorization } = event.headers;
  if (!authorization) throw refused();
  const id = sha256Hex(`${routeKey}\n${authorization}`);
  const known = kept.get(id);
  if (known && known.untilMs > Date.now()) return known.caller;
  const { body: _, isBase64Encoded: __, ...request } = event;
  const { method, path } = event.requestContext.http;
  client ??= new LambdaClient({});
  const reply = await client.send(
    new InvokeCommand({
      FunctionName: environmentValue("AUTHORIZE_FUNCTION"),
      // Only what every authorizer of an HTTP API gets; the ARN's beginning says nothing here.
      Payload: JSON.stringify({
        ...{ ...request, routeKey, type: "REQUEST", identitySource: [authorization] },
        routeArn: `arn:aws:execute-api:*:*:${event.requestContext.apiId}/$default/${method}${path}`,
      }),
    }),
  );
  if (reply.FunctionError) throw new MediaError("workflow.step_failed", "The API key could not be checked. Try again.");
  const { isAuthorized, context } = replySchema.parse(JSON.parse(reply.Payload?.transformToString() || "null"));
  if (!isAuthorized) throw refused();
  const caller = callerOf({ requestContext: { authorizer: { lambda: context } } } as unknown as HttpEvent);
  const [oldest] = kept.keys();
  if (kept.size >= mostKept && oldest !== undefined) kept.delete(oldest);
  kept.set(id, { caller, untilMs: Date.now() + keptMs });
  return caller;
}

const refused = () =>
  new MediaError("request.unauthorized", "The API key is missing, is not one of this host's, or may not do this.");
