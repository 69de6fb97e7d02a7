import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { join } from "node:path";
import { type EnvironmentName, type Settings, sha256Hex } from "../../layers/core/index.ts";
import { requireModelFit } from "../../layers/inference/index.ts";
import type { EmbeddingManifest, ModelManifest } from "../../layers/models/index.ts";
import {
  authorizerCacheSeconds,
  type BuiltVoiceModel,
  buckets,
  executionEnds,
  type FunctionName,
  type FunctionSpec,
  functionSpecs,
  machineFunctions,
  mediaWorkflow,
  modelCard,
  recogniserIdentity,
  routeScopes,
  routes,
  voiceModelTravels,
  voiceVariables,
} from "../app/index.ts";
import { Access, lifecyclePrincipal, machinePrincipal, modelKeeperPrincipal, toolsPrincipal } from "./access.ts";
import { publishAddresses } from "./addresses.ts";
import { createApi } from "./api.ts";
import { type Artefacts, functionPlace } from "./artefacts.ts";
import { bundleFunctions } from "./bundle.ts";
import { loadCredentials } from "./credentials.ts";
import { explainDiskError } from "./disk-errors.ts";
import { bucketName, functionArn, functionEnvironment, region, stateMachineArn } from "./environment.ts";
import { FunctionUses } from "./functions-reply.ts";
import { createGateway, type HttpApiEvent } from "./gateway/index.ts";
import { healthReply } from "./health.ts";
import { AsyncInvoker, type InvocationReport, LambdaHost } from "./lambda/index.ts";
import { keepExpiring } from "./lifecycle.ts";
import { explainListenError, isLoopback, listenOnLoopback, ownUrl } from "./listen.ts";
import { liveEvents } from "./live-events.ts";
import { lockDirectory } from "./lock.ts";
import { keepVoiceModel } from "./model-keeper.ts";
import { Page } from "./page/index.ts";
import { PrincipalObjects } from "./principal-objects.ts";
import { PublicAddress } from "./public-address.ts";
import { type ObjectEvent, S3Server } from "./s3/index.ts";
import { keepSchedules } from "./schedules.ts";
import { searchValues } from "./search.ts";
import { type ExecutionEnd, StatesService } from "./states/index.ts";
import { streamedReply } from "./streamed-reply.ts";
import { dropStartupGarbage, type SystemLimit, type SystemSizing, SystemWatch, shareOf } from "./system/index.ts";

export type HostOptions = {
  /** Everything the host keeps is in here. One process at a time. */
  dataDirectory: string;
  settings: Settings;
  /** The built model that the infer function gets; none where a service recognises, or nothing does. */
  model?: { directory: string; manifest: ModelManifest } | undefined;
  /** One memory limit for everything, and how it is shared out; without it each function has the allocation of its description. */
  system?: { limit: SystemLimit; sizing: SystemSizing } | undefined;
  /** Builds the page before anything else runs, where memory is counted: for a host that people look at. */
  pageAtStart?: boolean | undefined;
  /** Run the functions from what was packed, instead of bundling the sources; they find nothing but their own layers. */
  artefacts?: Artefacts | undefined;
  /** Another runtime than the built-in one, for instance AWS's own interface client: program and arguments. */
  runtimeCommand?: string[];
  /** Where functions and the state machine find S3, where something stands between them and it; presigned addresses lead there, too. */
  functionS3Url?: string | undefined;
  /** The built detector of synthetic voices that `settings.VOICE_MODEL` names; none where no job may ask for it. */
  voice?: BuiltVoiceModel | undefined;
  /** The built embedding model; without one search compares spelling. */
  embedding?: { directory: string; manifest: EmbeddingManifest } | undefined;
  /** 0, the default, is any free port. */
  ports?: { gateway?: number; s3?: number };
  onReport?: (report: InvocationReport) => void;
  /** One line of news for people. */
  onNotice?: (line: string) => void;
};

const machineName = "media";

/**
 * What a request waits for a function that has none free: a hundred short calls before it are a second or two; under one limit
 * for everything, where another function is ended first and its own is started, they may be more than the half of the gateway's 30 s.
 */
const callersPatience = { mostWaiting: 100, waitMs: 15_000 } as const;

/**
 * halfgig on one machine: S3, Lambda, Step Functions and the HTTP API in one process, each speaking its real wire
 * protocol on loopback, with every function in a process of its own under its own memory limit.
 */
export class LocalHost {
  readonly url: string;
  readonly s3Url: string;
  /** Step Functions and Lambda. */
  readonly apiUrl: string;
  readonly accessToken: string;
  readonly states: StatesService;
  readonly lambda: LambdaHost;
  /** What enforces memory limits here. */
  readonly limiter: string;
  readonly bundlesReused: boolean;
  /** Executions that an earlier process left running. */
  readonly resumed: readonly string[];
  readonly #closers: (() => Promise<unknown>)[];

  private constructor(
    parts: Omit<LocalHost, "close" | typeof Symbol.asyncDispose>,
    closers: (() => Promise<unknown>)[],
  ) {
    this.url = parts.url;
    this.s3Url = parts.s3Url;
    this.apiUrl = parts.apiUrl;
    this.accessToken = parts.accessToken;
    this.states = parts.states;
    this.lambda = parts.lambda;
    this.limiter = parts.limiter;
    this.bundlesReused = parts.bundlesReused;
    this.resumed = parts.resumed;
    this.#closers = closers;
  }

  /** @throws MediaError `host.data_in_use`, `storage.unavailable` */
  static async open(options: HostOptions): Promise<LocalHost> {
    const closers: (() => Promise<unknown>)[] = [];
    try {
      return await start(options, closers, (parts) => new LocalHost(parts, closers));
    } catch (error) {
      await closeAll(closers).catch(() => undefined);
      throw explainDiskError(error, options.dataDirectory);
    }
  }

  /** Stops taking work and ends the children. Running executions stay on record and go on at the next start. */
  async close(): Promise<void> {
    await closeAll(this.#closers);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** In reverse order of opening; each part is closed even where another failed to. */
async function closeAll(closers: (() => Promise<unknown>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (let close = closers.pop(); close; close = closers.pop()) await close().catch((error) => errors.push(error));
  if (errors.length > 0) throw new AggregateError(errors, "Parts of the host did not stop cleanly.");
}

type Parts = Omit<LocalHost, "close" | typeof Symbol.asyncDispose>;

async function start(
  options: HostOptions,
  closers: (() => Promise<unknown>)[],
  make: (parts: Parts) => LocalHost,
): Promise<LocalHost> {
  const { dataDirectory, settings, model, voice, embedding, system } = options;
  const notice = options.onNotice ?? (() => undefined);
  // Known before anything is sent to a host whose model can never run.
  for (const each of [model, voice]) if (each) requireModelFit(each.manifest, settings.HALFGIG_INFER_MEMORY);
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
  const lock = await lockDirectory(dataDirectory);
  closers.push(() => lock.release());

  const specs = functionSpecs(settings);
  const names = Object.keys(specs) as FunctionName[];
  const credentials = await loadCredentials(dataDirectory, [
    ...names,
    machinePrincipal,
    lifecyclePrincipal,
    modelKeeperPrincipal,
    toolsPrincipal,
  ]);
  // From before the bundling, which at a first start takes most.
  let watched: LambdaHost | undefined;
  if (system) {
    const watch = new SystemWatch(system.limit, { endLargest: (reason) => watched?.endLargest(reason) });
    closers.push(async () => {
      watch.read();
      notice(`the whole service took ${Math.ceil(watch.peakMiB)} of ${system.limit.limitMB} MiB at most`);
      watch[Symbol.dispose]();
    });
  }
  const access = new Access(credentials, specs);
  const bundles = options.artefacts
    ? { directory: options.artefacts.unpacked, reused: true }
    : await bundleFunctions(specs, settings.HALFGIG_BUNDLE_CACHE ?? join(dataDirectory, "bundles"), {
        frugal: system !== undefined,
      });

  // An event that comes before there is anybody to deliver it to is found by the sweep below.
  let events: AsyncInvoker | undefined;
  const hasPast = existsSync(join(dataDirectory, "s3"));
  const s3 = new S3Server({
    directory: join(dataDirectory, "s3"),
    buckets: buckets.map((bucket) => ({
      name: bucketName(bucket.name),
      cors: bucket.cors && [
        {
          allowedOrigins: ["*"],
          allowedMethods: bucket.cors.methods,
          allowedHeaders: ["*"],
          exposeHeaders: bucket.cors.exposeHeaders,
          maxAgeSeconds: bucket.cors.maxAgeSeconds,
        },
      ],
    })),
    principal: (accessKeyId) => access.principal(accessKeyId),
    authorize: (principal, action, bucket, key) => access.object(principal.name, action, bucket, key),
    onEvent: (event) => routeEvent(event, (payload) => events && deliverEvent(events, payload, notice)),
    onError: (error) => notice(`S3: ${String(error)}`),
  });
  const address = settings.HALFGIG_ADDRESS;
  const s3Listening = await s3
    .listen(options.ports?.s3 ?? 0, address)
    .then(({ port }) => ({ port, url: ownUrl(address, port) }))
    .catch(explainListenError("--s3-port"));
  closers.push(() => s3.close());

  if (voice && voiceModelTravels(settings)) {
    const keeper = new PrincipalObjects(s3Listening.url, region, access.keys(modelKeeperPrincipal));
    const broughtBytes = await keepVoiceModel(keeper, bucketName("results"), voice);
    keeper.close();
    if (broughtBytes > 0)
      notice(`brought ${voice.manifest.id} (${Math.ceil(broughtBytes / 2 ** 20)} MiB) to the bucket`);
  }

  // One listener serves both AWS APIs that functions and tools call; each request names its service.
  let api: RequestListener | undefined;
  const apiListening = await listenOnLoopback((request, response) => api?.(request, response), 0);
  closers.push(() => apiListening.close());

  const endpoints = {
    s3: options.functionS3Url ?? s3Listening.url,
    states: apiListening.url,
    lambda: apiListening.url,
  };
  const values: Record<EnvironmentName, string> = {
    UPLOADS_BUCKET: bucketName("uploads"),
    RESULTS_BUCKET: bucketName("results"),
    STATE_MACHINE_ARN: stateMachineArn,
    MODEL_DIR: model?.directory ?? "",
    MODEL_ID: recogniserIdentity(settings, model?.manifest),
    MODEL_WINDOW_MS: String(model?.manifest.windowMs ?? 30_000),
    MODEL_MEL_BINS: String(model?.manifest.melBins ?? 80),
    MODEL_CARD: JSON.stringify(modelCard(settings, model?.manifest)),
    ...voiceVariables(settings, voice?.manifest, voice?.directory),
    ...searchValues(dataDirectory, settings, embedding?.directory),
    INFER_FUNCTION: functionArn("infer"),
    AUTHORIZE_FUNCTION: functionArn("authorize"),
    ROUTE_SCOPES: JSON.stringify(routeScopes),
    ACCESS_TOKEN_SHA256: sha256Hex(credentials.accessToken),
  };
  const models = {
    MODEL_DIR: model?.manifest.id,
    VOICE_MODEL_DIR: voice?.manifest.id,
    EMBEDDING_MODEL_DIR: embedding?.manifest.id,
  };
  const uses = new FunctionUses();
  const lambda = new LambdaHost({
    directory: join(dataDirectory, "lambda"),
    ...(system ? { rooms: system.sizing.rooms, idleMs: system.sizing.idleMs } : {}),
    onReport: (report) => {
      uses.count(report);
      options.onReport?.(report);
    },
    ...(options.runtimeCommand ? { runtimeCommand: options.runtimeCommand } : {}),
    functions: names.map((name) => ({
      name,
      handler: "index.handler",
      memoryMB: specs[name].memoryMB,
      concurrency: concurrencyOf(specs[name], settings),
      ...(system ? shareOf(specs[name], system.sizing) : {}),
      timeoutSeconds: specs[name].timeoutSeconds,
      tmpMB: specs[name].tmpMB,
      ...functionPlace(
        options.artefacts ?? bundles,
        name,
        functionEnvironment(specs[name], values, settings, access.keys(name), endpoints),
        models,
      ),
    })),
  });
  const { limiter, reason } = await lambda.open();
  closers.push(() => lambda.close());
  notice(`memory limits by ${limiter} (${reason})`);
  watched = lambda;

  const objects = new PrincipalObjects(endpoints.s3, region, access.keys(machinePrincipal));
  closers.push(async () => objects.close());
  const states = new StatesService({
    directory: join(dataDirectory, "states"),
    machines: [
      {
        name: machineName,
        definition: mediaWorkflow({
          functionArn,
          resultsBucket: bucketName("results"),
          maxConcurrency: settings.MAX_CONCURRENCY,
        }),
      },
    ],
    invoke: (functionName, payload, context) =>
      lambda.invoke(stepName(functionName), payload, { signal: context.signal, executionName: context.executionName }),
    objects,
    onStalled: (_, error) => notice(error.message),
    onEnd: (end) => reportEnd(end, (payload) => events?.enqueue(executionEnds.function, payload)),
  });

  events = new AsyncInvoker(lambda, {
    // A host that a person watches should not wait minutes at first, as Lambda does; nor give up as soon, without a dead-letter queue.
    retryDelaysMs: [1000, 5000, 20_000, 60_000, 300_000],
    onDropped: (name, error) =>
      notice(
        `an event was not handled by ${name} (${error.message}); the next start, or the hourly sweep, tries again`,
      ),
  });
  const delivery = events;
  api = createApi(states, lambda, access);
  const { resumed } = await states.open();
  closers.push(() => states.close());
  closers.push(async () => delivery.close());
  const stopSchedules = keepSchedules(
    (name) => delivery.enqueue(name, "{}"),
    { atStart: hasPast },
    (error) => notice(`a scheduled function could not be invoked: ${String(error)}`),
  );
  closers.push(async () => stopSchedules());
  const expiring = new PrincipalObjects(endpoints.s3, region, access.keys(lifecyclePrincipal));
  const stopExpiring = keepExpiring(
    expiring,
    (error) => notice(`what is old could not be removed: ${String(error)}`),
    () => states.removeExpired(),
  );
  closers.push(async () => {
    await stopExpiring();
    expiring.close();
  });

  const jobEvents = (event: HttpApiEvent, closed: AbortSignal) => {
    const ask = (id: string | undefined) => {
      const { "last-event-id": _, ...headers } = event.headers;
      return lambda.invoke("events", {
        ...event,
        headers: id === undefined ? headers : { ...headers, "last-event-id": id },
      });
    };
    return liveEvents(ask, event.headers["last-event-id"], closed);
  };
  const health = () => healthReply({ states, lambda, model: model?.manifest, limitMB: system?.limit.limitMB });
  const publicAddress = settings.HALFGIG_PUBLIC_URL
    ? new PublicAddress(settings.HALFGIG_PUBLIC_URL, s3Listening.url)
    : undefined;
  const withS3 = (listener: RequestListener) => publicAddress?.route(listener) ?? listener;
  const page = new Page({
    cacheDirectory: join(dataDirectory, "page"),
    s3Url: s3Listening.url,
    frugal: system !== undefined,
  });
  // While nothing else is there; otherwise when somebody looks.
  if (system && options.pageAtStart) await page.folder();
  const gateway = await listenOnLoopback(
    withS3(
      page.route(
        createGateway({
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
          invoke: async (functionName, event, closed) => {
            if (functionName === "health") return health();
            if (functionName === "functions") return uses.reply(specs, lambda);
            if (functionName === "events") return jobEvents(event as HttpApiEvent, closed);
            const patience = { ...callersPatience, gone: closed };
            if (specs[functionName as FunctionName]?.url) {
              return streamedReply(lambda, functionName, event, { patience, closed });
            }
            const reply = await lambda.invoke(functionName, event, { patience });
            return publicAddress ? publicAddress.publish(reply) : reply;
          },
          authorizer: { functionName: "authorize", cacheSeconds: authorizerCacheSeconds },
          allowedHosts: ["127.0.0.1", "localhost", ...(publicAddress ? [publicAddress.hostname] : [])],
          anyAddress: !isLoopback(address),
          allowedOrigins: publicAddress ? [publicAddress.origin] : [],
          requestsPerSecond: settings.TENANT_REQUESTS_PER_SECOND,
          // A host under one limit has the bodies in its own share of it.
          ...(system ? { bodyRoomBytes: 16 * 1024 * 1024 } : {}),
        }),
      ),
    ),
    options.ports?.gateway ?? 0,
    address,
  ).catch(explainListenError("--port"));
  closers.push(() => gateway.close());

  const addresses = { gateway: gateway.url, s3: s3Listening.url, api: apiListening.url };
  closers.push(await publishAddresses(dataDirectory, addresses));

  if (system) dropStartupGarbage();
  return make({
    apiUrl: apiListening.url,
    url: gateway.url,
    s3Url: s3Listening.url,
    accessToken: credentials.accessToken,
    states,
    lambda,
    limiter,
    bundlesReused: bundles.reused,
    resumed,
  });
}

/** The state machine may invoke its steps and nothing else. */
function stepName(functionNameOrArn: string): FunctionName {
  const name = functionNameOrArn.split(":").at(-1) as FunctionName;
  if (machineFunctions.includes(name)) return name;
  throw new Error(`The state machine is not allowed to invoke ${functionNameOrArn}.`);
}

/** The definition's own Fail state reports what a Catch can see; this covers the ends that it cannot. */
function reportEnd<Reply>(end: ExecutionEnd, deliver: (payload: string) => Reply): Reply | undefined {
  if (end.status === "SUCCEEDED") return undefined;
  const { executionArn, name, status, error, cause } = end;
  const detail = { executionArn, stateMachineArn, name, status, error, cause };
  return deliver(
    JSON.stringify({ source: "aws.states", "detail-type": "Step Functions Execution Status Change", detail }),
  );
}

function concurrencyOf({ concurrency }: FunctionSpec, settings: Settings): number {
  return concurrency === "windows" ? settings.MAX_CONCURRENCY : concurrency;
}

/** @returns false when too many events wait: this one is found again by the sweep at a start */
function deliverEvent(events: AsyncInvoker, payload: string, notice: (line: string) => void): boolean {
  try {
    events.enqueue("mediaUploaded", payload);
    return true;
  } catch (error) {
    notice(`an S3 event could not be taken (${String(error)}); a later start finds the upload`);
    return false;
  }
}

function routeEvent(event: ObjectEvent, deliver: (payload: string) => void): void {
  const spec = buckets.find((bucket) => bucketName(bucket.name) === event.bucket);
  const key = event.record.s3.object.key;
  if (!event.eventName.startsWith("ObjectCreated:") || !spec?.notify || !key.startsWith(spec.notify.prefix)) return;
  deliver(JSON.stringify({ Records: [event.record] }));
}
