import type { BucketName, FunctionName, FunctionSpec, Route } from "../../app/index.ts";
import { asynchronousFunctions, routes } from "../../app/index.ts";
import { bundleFolder } from "../artefacts.ts";
import { componentName, type Deployment, type Names } from "../deployment.ts";
import { environmentValues, functionVariables, type PackedModels } from "../environment.ts";
import { type GrantTargets, type Statement, statementsOf, tracingStatement } from "../policies.ts";
import type { Account } from "./account.ts";
import type { Layers } from "./layers.ts";
import type { Secrets } from "./secrets.ts";
import type { Storage } from "./storage.ts";

export type FunctionParts = {
  deployment: Deployment;
  names: Names;
  specs: Record<FunctionName, FunctionSpec>;
  account: Account;
  storage: Storage;
  layers: Layers;
  secrets: Secrets;
  models: PackedModels;
  root: string;
};

export type Functions = Record<FunctionName, sst.aws.Function>;

type Text = $util.Output<string>;

/** ARNs of what grants speak of. */
export function grantTargets(account: Account, storage: Storage, names: Names): GrantTargets<Text> {
  const bucketArn = (name: BucketName) => storage.buckets[name].arn;
  return {
    bucket: bucketArn,
    objects: (name, prefix) => $interpolate`${bucketArn(name)}/${prefix}*`,
    machine: account.machineArn,
    executions: account.executionArns,
    transcriptionJobs: account.transcriptionJobArns,
    vectorIndex: account.vectorIndexArn,
    function: (name) => account.functionArn(names.function(name)),
  };
}

/** Every function of stacks/app, from the same bundle as the embedded host runs. */
export function createFunctions(parts: FunctionParts): Functions {
  const { account, storage, secrets, deployment, models, names, specs } = parts;
  const values = environmentValues<Text>(
    {
      uploadsBucket: storage.buckets.uploads.name,
      resultsBucket: storage.buckets.results.name,
      stateMachineArn: account.machineArn,
      accessTokenSha256: secrets.accessTokenSha256,
      inferFunction: account.functionArn(names.function("infer")),
      authorizeFunction: account.functionArn(names.function("authorize")),
    },
    deployment.settings,
    models,
  );
  const deadLetters = new aws.sqs.Queue("DeadLetters", {
    name: names.deadLetters,
    // The longest that SQS keeps anything: a person has to look.
    messageRetentionSeconds: 14 * 24 * 3600,
    sqsManagedSseEnabled: true,
  });
  const create = (name: FunctionName) => createFunction(name, specs[name], parts, values, deadLetters);
  return Object.fromEntries(Object.keys(specs).map((name) => [name, create(name as FunctionName)])) as Functions;
}

function createFunction(
  name: FunctionName,
  spec: FunctionSpec,
  { account, deployment, layers, names, root, secrets, storage }: FunctionParts,
  values: ReturnType<typeof environmentValues<Text>>,
  deadLetters: aws.sqs.Queue,
) {
  const { settings, architecture } = deployment;
  const variables = functionVariables(spec, values, settings, secrets.setting);
  const asynchronous = asynchronousFunctions.includes(name);
  const fn = new sst.aws.Function(componentName(name), {
    name: names.function(name),
    description: spec.entry,
    bundle: bundleFolder(root, name),
    handler: "index.handler",
    runtime: "nodejs24.x",
    architecture,
    memory: `${spec.memoryMB} MB`,
    timeout: `${spec.timeoutSeconds} seconds`,
    storage: `${spec.tmpMB} MB`,
    environment: variables,
    layers: spec.layers.map((layer) => layers.get(layer)!.arn),
    permissions: [
      ...statementsOf(spec.grants, grantTargets(account, storage, names)),
      // AWS's managed policy would let a function write any log group of the account.
      {
        actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
        resources: [account.logGroupArn(names.functionLogs(name))],
      },
      ...(asynchronous ? [{ actions: ["sqs:SendMessage"], resources: [deadLetters.arn] }] : []),
      ...(settings.HALFGIG_TRACING ? [tracingStatement] : []),
    ].map(toPermission),
    ...(settings.HALFGIG_RESERVE_CONCURRENCY ? { concurrency: { reserved: reserved(spec, deployment) } } : {}),
    ...(spec.url === undefined ? {} : functionUrl(name, deployment)),
    logging: { format: "json" },
    ...(asynchronous ? { retries: 2 } : {}),
    transform: {
      function: (args) => {
        // SST adds the key of its linked resources; nothing is linked here, and a function gets what it names alone.
        args.environment = { variables };
        args.tracingConfig = { mode: settings.HALFGIG_TRACING ? "Active" : "PassThrough" };
      },
      role: (args) => {
        args.managedPolicyArns = [];
        // SST tests an Output where it means a value, so its roles trust the account's root as well: every principal of
        // the account that may assume roles could become the function.
        args.assumeRolePolicy = aws.iam.assumeRolePolicyForPrincipal({ Service: "lambda.amazonaws.com" });
      },
      logGroup: (args) => {
        args.name = names.functionLogs(name);
        args.retentionInDays = settings.HALFGIG_LOG_DAYS;
      },
      eventInvokeConfig: (args) => {
        args.destinationConfig = { onFailure: { destination: deadLetters.arn } };
      },
    },
  });
  return fn;
}

/** SST's permissions take their effect in lower case and their resources as Inputs. */
function toPermission({ actions, resources, conditions }: Statement<Text | string>) {
  return { actions, resources, ...(conditions ? { conditions } : {}) };
}

function reserved({ concurrency }: FunctionSpec, { settings }: Deployment): number {
  return concurrency === "windows" ? settings.MAX_CONCURRENCY : concurrency;
}

/** Where a route of a function that streams is at the function's own address. */
export const ownAddress = (functions: Functions, { route, function: name }: Route): Text =>
  // The address ends in a slash.
  $interpolate`${functions[name].url}${route.slice(route.indexOf("/") + 1)}`;

/** Replies that are streamed leave through the function's own address; the handler itself checks who asks. */
function functionUrl(name: FunctionName, { pageOrigins }: Deployment) {
  const methods = routes.filter((route) => route.function === name).map(({ route }) => route.split(" ")[0] ?? "");
  return {
    streaming: true,
    url: {
      authorization: "none" as const,
      cors:
        pageOrigins.length > 0
          ? {
              allowOrigins: pageOrigins,
              allowMethods: [...new Set(methods)] as ("GET" | "POST")[],
              allowHeaders: ["authorization", "content-type"],
            }
          : false,
    },
  };
}
