import type { Settings } from "../../../layers/core/index.ts";
import {
  asynchronousFunctions,
  buckets,
  type FunctionName,
  type FunctionSpec,
  routes,
} from "../../../stacks/app/index.ts";
import { componentName } from "../../../stacks/aws/deployment.ts";
import type { Evaluation } from "./evaluate.ts";
import { all, functionOf, list, one, statementsIn } from "./resources.ts";

type Specs = Record<FunctionName, FunctionSpec>;

/** Lambda's limit for all variables of a function together, bytes. */
const environmentBytes = 4096;

/** Allocation, time, disk, processor and variables of each function are those of stacks/app. */
export function checkFunctions(evaluation: Evaluation, specs: Specs, settings: Settings): string[] {
  const declared = Object.entries(specs) as [FunctionName, FunctionSpec][];
  const problems = declared.flatMap(([name, spec]) => {
    const { inputs } = functionOf(evaluation, name);
    const variables = (inputs.environment as { variables: Record<string, string> }).variables;
    const wanted = [...Object.keys(spec.constants ?? {}), ...spec.environment, ...spec.settings];
    const unknown = Object.keys(variables).filter((variable) => !wanted.includes(variable));
    const bytes = Object.entries(variables).reduce((sum, [key, value]) => sum + Buffer.byteLength(key + value), 0);
    const memory = Number(inputs.memorySize);
    const complain = (wrong: boolean, text: string) => (wrong ? [`${name}: ${text}`] : []);
    return [
      ...complain(memory < 512 || memory > 2048, `${memory} MB of memory`),
      ...complain(memory !== spec.memoryMB, `${memory} MB of memory, and stacks/app says ${spec.memoryMB}`),
      ...complain(inputs.timeout !== spec.timeoutSeconds, `a timeout of ${inputs.timeout} s`),
      ...complain((inputs.ephemeralStorage as { size: number }).size !== spec.tmpMB, "another /tmp"),
      ...complain(list(inputs.architectures as string[])[0] !== settings.HALFGIG_ARCHITECTURE, "another processor"),
      ...complain(inputs.runtime !== "nodejs24.x", `the runtime ${inputs.runtime}`),
      ...complain(list(inputs.layers as string[]).length !== spec.layers.length, "other layers"),
      ...complain(unknown.length > 0, `variables that nobody declared: ${unknown}`),
      ...complain(bytes > environmentBytes, `${bytes} bytes of variables, over ${environmentBytes}`),
    ];
  });
  const others = all(evaluation, "aws:lambda/function:Function").length - declared.length;
  return others === 0 ? problems : [...problems, `${others} functions that stacks/app does not know`];
}

/** Every bucket is closed to the public and to plain HTTP. */
export function checkBuckets(evaluation: Evaluation): string[] {
  return all(evaluation, "aws:s3/bucket:Bucket").flatMap(({ name }) => {
    const base = name.replace(/Bucket$/, "");
    const block = one(evaluation, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", `${base}PublicAccessBlock`);
    const open = ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"].filter(
      (key) => block.inputs[key] !== true,
    );
    const statements = statementsIn(one(evaluation, "aws:s3/bucketPolicy:BucketPolicy", `${base}Policy`).inputs.policy);
    const secure = statements.some(
      ({ Effect, Condition }) => Effect === "Deny" && Condition?.Bool?.["aws:SecureTransport"]?.toString() === "false",
    );
    const anybody = statements.filter(
      ({ Effect, Principal }) => Effect === "Allow" && JSON.stringify(Principal).includes('"*"'),
    );
    return [
      ...open.map((key) => `${name}: ${key} is off`),
      ...(secure ? [] : [`${name}: plain HTTP is not refused`]),
      ...(anybody.length > 0 ? [`${name}: anybody may ${anybody.flatMap(({ Action }) => list(Action))}`] : []),
    ];
  });
}

/** CORS, lifecycle, encryption and notifications of the app's own buckets. */
export function checkBucketRules(evaluation: Evaluation, origins: string[]): string[] {
  return buckets.flatMap((spec) => {
    const base = `${componentName(spec.name)}Bucket`;
    const complain = (right: boolean, text: string) => (right ? [] : [`${spec.name}: ${text}`]);
    const cors = one(evaluation, "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration", `${base}Cors`).inputs
      .corsRules as Record<string, unknown>[];
    const rules = one(
      evaluation,
      "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
      `${base}Lifecycle`,
    ).inputs.rules as { filter?: { prefix: string }; expiration?: { days: number }; [key: string]: unknown }[];
    const encryption = JSON.stringify(
      all(evaluation, "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration").find(
        ({ name }) => name === `${base}Encryption`,
      )?.inputs.rules ?? null,
    );
    const notifications = all(evaluation, "aws:s3/bucketNotification:BucketNotification")
      .filter(({ name }) => name.startsWith(base))
      .flatMap(({ inputs }) => inputs.lambdaFunctions as Record<string, unknown>[]);
    const notified = notifications.some(
      ({ filterPrefix, lambdaFunctionArn, events }) =>
        filterPrefix === spec.notify?.prefix &&
        String(lambdaFunctionArn).endsWith(`-${spec.notify?.function}`) &&
        String(events) === "s3:ObjectCreated:*",
    );
    return [
      ...complain(String(cors[0]?.allowedOrigins) === String(origins), `CORS for ${cors[0]?.allowedOrigins}`),
      ...complain(String(cors[0]?.allowedMethods) === String(spec.cors?.methods), "CORS with other methods"),
      ...complain(String(cors[0]?.exposeHeaders) === String(spec.cors?.exposeHeaders), "CORS exposes other headers"),
      ...spec.expire.flatMap(({ prefix, days }) =>
        complain(
          rules.some((rule) => rule.filter?.prefix === prefix && rule.expiration?.days === days),
          `${prefix} does not expire after ${days} days`,
        ),
      ),
      ...complain(
        rules.some((rule) => rule.abortIncompleteMultipartUpload !== undefined),
        "uploads in parts are never aborted",
      ),
      ...complain(encryption.includes('"AES256"'), "no encryption"),
      ...complain(spec.notify ? notified : notifications.length === 0, "another notification"),
    ];
  });
}

/** Each route of stacks/app leads to its function, behind the authorizer where it says so. */
export function checkRoutes(evaluation: Evaluation): string[] {
  const deployed = all(evaluation, "aws:apigatewayv2/route:Route");
  const declared = routes.flatMap((route) => {
    const found = deployed.find(({ inputs }) => inputs.routeKey === route.route);
    if (!found) return [`${route.route}: not deployed`];
    const integration = all(evaluation, "aws:apigatewayv2/integration:Integration").find(({ name }) =>
      String(found.inputs.target).includes(`${name}-id`),
    );
    const own = all(evaluation, "aws:lambda/functionUrl:FunctionUrl").some(
      ({ name }) => name === `${componentName(route.function)}Url`,
    );
    const end = own
      ? `//${componentName(route.function).toLowerCase()}url.lambda-url.eu-central-1.on.aws${route.route.split(" ")[1]}`
      : `-${route.function}`;
    const wrong = !String(integration?.inputs.integrationUri).endsWith(end);
    const authorized = found.inputs.authorizationType === "CUSTOM" && found.inputs.authorizerId !== undefined;
    return [
      ...(wrong ? [`${route.route}: leads to ${integration?.inputs.integrationUri}`] : []),
      ...(authorized === route.authorized
        ? []
        : [`${route.route}: ${authorized ? "asks" : "does not ask"} for a token`]),
    ];
  });
  const known = routes.map(({ route }) => route);
  const extra = deployed.filter(({ inputs }) => !known.includes(String(inputs.routeKey)));
  return [...declared, ...extra.map(({ inputs }) => `${inputs.routeKey}: nobody declared it`)];
}

/** Each function is watched for errors, throttles and memory; what fails asynchronously is kept; logs do not grow for ever. */
export function checkOperations(evaluation: Evaluation, specs: Specs): string[] {
  const alarms = all(evaluation, "aws:cloudwatch/metricAlarm:MetricAlarm");
  const watched = (suffix: string, threshold?: number) =>
    alarms.some(
      ({ inputs }) =>
        String(inputs.name).endsWith(suffix) &&
        list(inputs.alarmActions as string[]).length === 1 &&
        (threshold === undefined || Number(inputs.threshold) <= threshold),
    );
  const problems = (Object.entries(specs) as [FunctionName, FunctionSpec][]).flatMap(([name, { memoryMB }]) => [
    ...["errors", "throttles"]
      .filter((kind) => !watched(`-${name}-${kind}`))
      .map((kind) => `${name}: no alarm on ${kind}`),
    ...(watched(`-${name}-memory`, memoryMB * 0.9) ? [] : [`${name}: no alarm at 90 % of ${memoryMB} MB`]),
  ]);
  const shared = ["-dead-letters", "-ExecutionsFailed", "-ExecutionsTimedOut", "-api-5xx"]
    .filter((suffix) => !watched(suffix))
    .map((suffix) => `no alarm ${suffix}`);
  const kept = asynchronousFunctions.filter((name) => {
    const config = all(evaluation, "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig").find(
      (resource) => resource.name === `${componentName(name)}EventInvokeConfig`,
    );
    return !JSON.stringify(config?.inputs ?? null).includes("-dead-letters");
  });
  const endless = all(evaluation, "aws:cloudwatch/logGroup:LogGroup").filter(
    ({ inputs }) => !(Number(inputs.retentionInDays) > 0),
  );
  return [
    ...problems,
    ...shared,
    ...kept.map((name) => `${name}: events that it cannot handle are lost`),
    ...endless.map(({ name }) => `${name}: logs are kept for ever`),
  ];
}
