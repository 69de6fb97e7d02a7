import { mkdir } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { join } from "node:path";
import { type EnvironmentName, type Settings, sha256Hex } from "../../layers/core/index.ts";
import type { ModelManifest } from "../../layers/models/index.ts";
import { keys } from "../../layers/storage/index.ts";
import {
  buckets,
  type FunctionName,
  type FunctionSpec,
  functionSpecs,
  machineFunctions,
  mediaWorkflow,
  modelCard,
  recogniserIdentity,
  routes,
} from "../app/index.ts";
import { Access, lifecyclePrincipal, machinePrincipal, sweepPrincipal } from "./access.ts";
import { bundleFunctions } from "./bundle.ts";
import { loadCredentials } from "./credentials.ts";
import { bucketName, functionArn, functionEnvironment, region, stateMachineArn } from "./environment.ts";
import { createGateway } from "./gateway/index.ts";
import { AsyncInvoker, createLambdaApi, type InvocationReport, LambdaHost } from "./lambda/index.ts";
import { keepExpiring } from "./lifecycle.ts";
import { explainListenError, listenOnLoopback } from "./listen.ts";
import { lockDirectory } from "./lock.ts";
import { PrincipalObjects } from "./principal-objects.ts";
import { type ObjectEvent, S3Server } from "./s3/index.ts";
import { requireSignature } from "./signed-requests.ts";
import { createStatesApi, type ExecutionEnd, StatesService } from "./states/index.ts";
import { unstartedUploads } from "./sweep.ts";

export type HostOptions = {
  /** Everything the host keeps is in here. One process at a time. */
  dataDirectory: string;
  settings: Settings;
  /** The built model that the infer function gets; none where a service recognises, or nothing does. */
  model?: { directory: string; manifest: ModelManifest } | undefined;
  /** 0, the default, is any free port. */
  ports?: { gateway?: number; s3?: number };
  onReport?: (report: InvocationReport) => void;
  /** One line of news for people. */
  onNotice?: (line: string) => void;
};

const machineName = "media";

/**
 * halfgig on one machine: S3, Lambda, Step Functions and the HTTP API in one process, each speaking its real wire
 * protocol on loopback, with every function in a process of its own under its own memory limit.
 */
export class LocalHost {
  readonly url: string;
  readonly s3Url: string;
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
    this.accessToken = parts.accessToken;
    this.states = parts.states;
    this.lambda = parts.lambda;
    this.limiter = parts.limiter;
    this.bundlesReused = parts.bundlesReused;
    this.resumed = parts.resumed;
    this.#closers = closers;
  }

  /** @throws MediaError `host.data_in_use` */
  static async open(options: HostOptions): Promise<LocalHost> {
    const closers: (() => Promise<unknown>)[] = [];
    try {
      return await start(options, closers, (parts) => new LocalHost(parts, closers));
    } catch (error) {
      await closeAll(closers);
      throw error;
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
  const { dataDirectory, settings, model } = options;
  const notice = options.onNotice ?? (() => undefined);
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
  const lock = await lockDirectory(dataDirectory);
  closers.push(() => lock.release());

  const specs = functionSpecs(settings);
  const names = Object.keys(specs) as FunctionName[];
  const credentials = await loadCredentials(dataDirectory, [
    ...names,
    machinePrincipal,
    sweepPrincipal,
    lifecyclePrincipal,
  ]);
  const access = new Access(credentials, specs);
  const bundles = await bundleFunctions(specs, join(dataDirectory, "bundles"));

  // An event that comes before there is anybody to deliver it to is found by the sweep below.
  let events: AsyncInvoker | undefined;
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
  const s3Listening = await s3.listen(options.ports?.s3 ?? 0).catch(explainListenError("--s3-port"));
  closers.push(() => s3.close());

  // One listener serves both AWS APIs that functions and tools call; each request names its service.
  let api: RequestListener | undefined;
  const apiListening = await listenOnLoopback((request, response) => api?.(request, response), 0);
  closers.push(() => apiListening.close());

  const endpoints = { s3: s3Listening.url, states: apiListening.url, lambda: apiListening.url };
  const values: Record<EnvironmentName, string> = {
    UPLOADS_BUCKET: bucketName("uploads"),
    RESULTS_BUCKET: bucketName("results"),
    STATE_MACHINE_ARN: stateMachineArn,
    MODEL_DIR: model?.directory ?? "",
    MODEL_ID: recogniserIdentity(settings, model?.manifest),
    MODEL_WINDOW_MS: String(model?.manifest.windowMs ?? 30_000),
    MODEL_MEL_BINS: String(model?.manifest.melBins ?? 80),
    MODEL_CARD: JSON.stringify(modelCard(settings, model?.manifest)),
    ACCESS_TOKEN_SHA256: sha256Hex(credentials.accessToken),
  };
  const lambda = new LambdaHost({
    directory: join(dataDirectory, "lambda"),
    onReport: options.onReport,
    functions: names.map((name) => ({
      name,
      taskRoot: join(bundles.directory, name),
      handler: "index.handler",
      memoryMB: specs[name].memoryMB,
      timeoutSeconds: specs[name].timeoutSeconds,
      tmpMB: specs[name].tmpMB,
      concurrency: concurrencyOf(specs[name], settings),
      environment: functionEnvironment(specs[name], values, settings, access.keys(name), endpoints),
    })),
  });
  const { limiter, reason } = await lambda.open();
  closers.push(() => lambda.close());
  notice(`memory limits by ${limiter} (${reason})`);

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
    onEnd: (end) => reportEnd(end, (payload) => events?.enqueue("fail", payload)),
  });

  events = new AsyncInvoker(lambda, {
    // A host that a person watches should not wait minutes, as Lambda does.
    retryDelaysMs: [1000, 5000],
    onDropped: (name, error) =>
      notice(`an S3 event was not handled by ${name} (${error.message}); the next start tries again`),
  });
  const delivery = events;
  api = createApi(states, lambda, access);
  const { resumed } = await states.open();
  closers.push(() => states.close());
  closers.push(async () => delivery.close());
  const uploads = new PrincipalObjects(endpoints.s3, region, access.keys(sweepPrincipal));
  for await (const event of unstartedUploads(uploads, values)) {
    // As many as may wait; the start after this one finds the rest.
    if (!deliverEvent(delivery, JSON.stringify(event), notice)) break;
  }
  uploads.close();
  const expiring = new PrincipalObjects(endpoints.s3, region, access.keys(lifecyclePrincipal));
  const stopExpiring = keepExpiring(expiring, (error) => notice(`old objects could not be removed: ${String(error)}`));
  closers.push(async () => {
    await stopExpiring();
    expiring.close();
  });

  const gateway = await listenOnLoopback(
    createGateway({
      routes: routes.map((route) => ({
        route: route.route,
        functionName: route.function,
        authorized: route.authorized,
      })),
      invoke: (functionName, event) => lambda.invoke(functionName, event),
      authorizer: { functionName: "authorize", cacheSeconds: 300 },
      allowedHosts: ["127.0.0.1", "localhost"],
    }),
    options.ports?.gateway ?? 0,
  ).catch(explainListenError("--port"));
  closers.push(() => gateway.close());

  return make({
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
function reportEnd(end: ExecutionEnd, deliver: (payload: string) => void): void {
  if (end.status === "SUCCEEDED") return;
  const failure = { step: "workflow", error: end.error ?? `States.${end.status}`, cause: end.cause ?? "" };
  // An execution's name begins with its job's id.
  const job = { jobId: end.name.split("-")[0] };
  deliver(JSON.stringify({ job, workPrefix: keys.workPrefix(end.name), executionName: end.name, failure }));
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

function createApi(states: StatesService, lambda: LambdaHost, access: Access) {
  const statesApi = createStatesApi(states, {
    authorize: (accessKeyId, action) => access.machine(accessKeyId, action),
  });
  const lambdaApi = createLambdaApi(lambda, { authorize: () => false });
  return requireSignature(
    (accessKeyId) => access.principal(accessKeyId),
    (request, response) => (request.headers["x-amz-target"] ? statesApi : lambdaApi)(request, response),
  );
}
