import { join } from "node:path";
import type { Settings } from "../../../layers/core/index.ts";
import type { ModelManifest } from "../../../layers/models/index.ts";
import { authorizerCacheSeconds, type FunctionName, type FunctionSpec, routes } from "../../app/index.ts";
import type { FunctionUses } from "../functions-reply.ts";
import { createGateway, type HttpApiEvent } from "../gateway/index.ts";
import { healthReply } from "../health.ts";
import type { HostOptions } from "../host.ts";
import type { LambdaHost } from "../lambda/index.ts";
import { explainListenError, isLoopback, type Listening, listenOnLoopback } from "../listen.ts";
import { liveEvents } from "../live-events.ts";
import { Page } from "../page/index.ts";
import { PublicAddress } from "../public-address.ts";
import type { StatesService } from "../states/index.ts";
import { streamedReply } from "../streamed-reply.ts";

/**
 * What a request waits for a function that has none free: a hundred short calls before it are a second or two; under one limit
 * for everything, where another function is ended first and its own is started, they may be more than the half of the gateway's 30 s.
 */
const callersPatience = { mostWaiting: 100, waitMs: 15_000 } as const;

/** A host under one limit has the bodies in its own share of it. */
const smallBodyRoomBytes = 16 * 1024 * 1024;

export type FrontOptions = Pick<HostOptions, "dataDirectory" | "system" | "pageAtStart"> & {
  settings: Settings;
  specs: Readonly<Record<FunctionName, FunctionSpec>>;
  lambda: LambdaHost;
  states: StatesService;
  model: ModelManifest | undefined;
  uses: FunctionUses;
  /** This machine's own S3. */
  s3Url: string;
  /** 0 is any free one. */
  port: number;
};

/** What clients speak with: the page, the HTTP API, and S3 beside it where both have one public address. @throws MediaError `host.port_in_use` */
export async function openFront(options: FrontOptions): Promise<Listening> {
  const { settings, system, s3Url } = options;
  const address = settings.HALFGIG_ADDRESS;
  const publicAddress = settings.HALFGIG_PUBLIC_URL ? new PublicAddress(settings.HALFGIG_PUBLIC_URL, s3Url) : undefined;
  const page = new Page({
    cacheDirectory: join(options.dataDirectory, "page"),
    s3Url,
    frugal: system !== undefined,
  });
  // While nothing else is there; otherwise when somebody looks.
  if (system && options.pageAtStart) await page.folder();
  const gateway = createGateway({
    routes: [
      ...routes.map((route) => ({
        route: route.route,
        functionName: route.function as string,
        authorized: route.authorized,
        counted: !route.authorized && route.scope !== null,
      })),
      // Only a host that sees every process can say this.
      { route: "GET /v1/functions", functionName: "functions", authorized: true },
    ],
    invoke: invokerOf(options, publicAddress),
    authorizer: { functionName: "authorize", cacheSeconds: authorizerCacheSeconds },
    allowedHosts: ["127.0.0.1", "localhost", ...(publicAddress ? [publicAddress.hostname] : [])],
    anyAddress: !isLoopback(address),
    allowedOrigins: publicAddress ? [publicAddress.origin] : [],
    requestsPerSecond: settings.TENANT_REQUESTS_PER_SECOND,
    ...(system ? { bodyRoomBytes: smallBodyRoomBytes } : {}),
  });
  const listener = page.route(gateway);
  return await listenOnLoopback(publicAddress?.route(listener) ?? listener, options.port, address).catch(
    explainListenError("--port"),
  );
}

/** How a route's function is called; a few routes are answered by the host itself. */
function invokerOf(
  { lambda, states, specs, uses, model, system }: FrontOptions,
  publicAddress: PublicAddress | undefined,
) {
  return async (functionName: string, event: unknown, closed: AbortSignal) => {
    if (functionName === "health") return healthReply({ states, lambda, model, limitMB: system?.limit.limitMB });
    if (functionName === "functions") return uses.reply(specs, lambda);
    if (functionName === "events") return jobEvents(lambda, event as HttpApiEvent, closed);
    const patience = { ...callersPatience, gone: closed };
    if (specs[functionName as FunctionName]?.url) {
      return streamedReply(lambda, functionName, event, { patience, closed });
    }
    const reply = await lambda.invoke(functionName, event, { patience });
    return publicAddress ? publicAddress.publish(reply) : reply;
  };
}

/** A job's progress as one stream: the function says what is new, this host keeps on asking. */
function jobEvents(lambda: LambdaHost, event: HttpApiEvent, closed: AbortSignal) {
  const { "last-event-id": last, ...headers } = event.headers;
  const ask = (id: string | undefined) =>
    lambda.invoke("events", { ...event, headers: id === undefined ? headers : { ...headers, "last-event-id": id } });
  return liveEvents(ask, last, closed);
}
