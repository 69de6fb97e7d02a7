import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { join } from "node:path";
import type { Settings } from "../../layers/core/index.ts";
import { requireModelFit } from "../../layers/inference/index.ts";
import type { EmbeddingManifest, ModelManifest } from "../../layers/models/index.ts";
import {
  type BuiltVoiceModel,
  type FunctionName,
  functionSpecs,
  machineFunctions,
  mediaWorkflow,
  voiceModelTravels,
} from "../app/index.ts";
import { Access, lifecyclePrincipal, machinePrincipal, modelKeeperPrincipal, toolsPrincipal } from "./access.ts";
import { publishAddresses } from "./addresses.ts";
import { createApi } from "./api.ts";
import type { Artefacts } from "./artefacts.ts";
import { bundleFunctions } from "./bundle.ts";
import { loadCredentials } from "./credentials.ts";
import { explainDiskError } from "./disk-errors.ts";
import { bucketName, functionArn, region } from "./environment.ts";
import { FunctionUses } from "./functions-reply.ts";
import { AsyncInvoker, type InvocationReport, type LambdaHost } from "./lambda/index.ts";
import { keepExpiring } from "./lifecycle.ts";
import { listenOnLoopback } from "./listen.ts";
import { lockDirectory } from "./lock.ts";
import { keepVoiceModel } from "./model-keeper.ts";
import { Events, retryDelaysMs } from "./parts/events.ts";
import { openFront } from "./parts/front.ts";
import { lambdaOf } from "./parts/functions.ts";
import { openStorage } from "./parts/storage.ts";
import { PrincipalObjects } from "./principal-objects.ts";
import { keepSchedules } from "./schedules.ts";
import { StatesService } from "./states/index.ts";
import { dropStartupGarbage, type SystemLimit, type SystemSizing, SystemWatch } from "./system/index.ts";

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
  const { dataDirectory, settings, model, voice, system } = options;
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

  const events = new Events(notice);
  const hasPast = existsSync(join(dataDirectory, "s3"));
  const storage = await openStorage({
    directory: dataDirectory,
    access,
    address: settings.HALFGIG_ADDRESS,
    port: options.ports?.s3 ?? 0,
    onEvent: (event) => events.ofObject(event),
    onNotice: notice,
  });
  closers.push(() => storage.close());

  if (voice && voiceModelTravels(settings)) {
    const keeper = new PrincipalObjects(storage.url, region, access.keys(modelKeeperPrincipal));
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
    s3: options.functionS3Url ?? storage.url,
    states: apiListening.url,
    lambda: apiListening.url,
  };
  const uses = new FunctionUses();
  const lambda = lambdaOf({
    ...options,
    ...{ specs, access, bundles, endpoints, accessToken: credentials.accessToken },
    onReport: (report) => {
      uses.count(report);
      options.onReport?.(report);
    },
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
    onEnd: (end) => events.ofExecution(end),
  });

  const delivery = new AsyncInvoker(lambda, {
    retryDelaysMs,
    onDropped: (name, error) =>
      notice(
        `an event was not handled by ${name} (${error.message}); the next start, or the hourly sweep, tries again`,
      ),
  });
  events.invoker = delivery;
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

  const gateway = await openFront({
    ...options,
    ...{ specs, lambda, states, uses, model: model?.manifest, s3Url: storage.url },
    port: options.ports?.gateway ?? 0,
  });
  closers.push(() => gateway.close());

  const addresses = { gateway: gateway.url, s3: storage.url, api: apiListening.url };
  closers.push(await publishAddresses(dataDirectory, addresses));

  if (system) dropStartupGarbage();
  return make({
    apiUrl: apiListening.url,
    url: gateway.url,
    s3Url: storage.url,
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
