import { relative } from "node:path";
import type { Resource } from "./evaluate.ts";

export const account = "123456789012";

type Inputs = Record<string, unknown>;
/** The property by which Pulumi's wire format tells special values (secrets among them). */
const secretMark = "4dabf18193072939515e22adb298388d";

type Pulumi = {
  asset: Record<"Asset" | "Archive", { isInstance(value: unknown): boolean }>;
};
type NewResource = { type: string; name: string; inputs: Inputs; custom?: boolean; id?: string };

/** Attributes that AWS would give a new resource, where something else in the app needs them. */
function attributesOf(type: string, name: string, inputs: Inputs, region: string): Inputs {
  const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:${account}:${resource}`;
  switch (type) {
    case "aws:s3/bucket:Bucket":
      return {
        arn: `arn:aws:s3:::${inputs.bucket}`,
        bucketRegionalDomainName: `${inputs.bucket}.s3.${region}.amazonaws.com`,
        bucketDomainName: `${inputs.bucket}.s3.amazonaws.com`,
      };
    case "aws:lambda/function:Function": {
      const own = arn("lambda", `function:${inputs.name}`);
      return { arn: own, invokeArn: `${own}/invocations`, qualifiedArn: `${own}:$LATEST`, version: "$LATEST" };
    }
    case "aws:lambda/functionUrl:FunctionUrl":
      return { functionUrl: `https://${name.toLowerCase()}.lambda-url.${region}.on.aws/` };
    case "aws:lambda/layerVersion:LayerVersion":
      return { arn: arn("lambda", `layer:${inputs.layerName}:1`) };
    case "aws:iam/role:Role":
      return { arn: `arn:aws:iam::${account}:role/${inputs.name ?? name}` };
    case "aws:sfn/stateMachine:StateMachine":
      return { arn: arn("states", `stateMachine:${inputs.name ?? name}`) };
    case "aws:sqs/queue:Queue":
      return { arn: arn("sqs", `${inputs.name}`) };
    case "aws:sns/topic:Topic":
      return { arn: arn("sns", `${inputs.name ?? name}`) };
    case "aws:cloudwatch/logGroup:LogGroup":
      return { arn: arn("logs", `log-group:${inputs.name}`) };
    case "aws:cloudwatch/eventRule:EventRule":
      return { arn: arn("events", `rule/${inputs.name ?? name}`) };
    case "aws:apigatewayv2/api:Api":
      return {
        apiEndpoint: `https://${name.toLowerCase()}.execute-api.${region}.amazonaws.com`,
        executionArn: arn("execute-api", name.toLowerCase()),
      };
    case "aws:cloudfront/distribution:Distribution":
      return { domainName: `${name.toLowerCase()}.cloudfront.net` };
    case "random:index/randomBytes:RandomBytes":
      return { base64: Buffer.alloc(32).toString("base64"), hex: "00" };
    default:
      return { arn: `arn:mock:${type}:${name}` };
  }
}

type PolicyStatement = {
  effect?: string;
  actions?: string[];
  resources?: string[];
  principals?: { type: string; identifiers: string[] }[];
  conditions?: { test: string; variable: string; values: string[] }[];
};

/** What aws.iam.getPolicyDocument makes of its statements. */
export function policyJson(statements: PolicyStatement[] = []): string {
  const conditionsOf = (conditions: NonNullable<PolicyStatement["conditions"]>) =>
    Object.fromEntries(conditions.map(({ test, variable, values }) => [test, { [variable]: values }]));
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: statements.map(({ effect, actions, resources, principals, conditions }) => ({
      Effect: effect ?? "Allow",
      ...(principals
        ? { Principal: Object.fromEntries(principals.map(({ type, identifiers }) => [type, identifiers])) }
        : {}),
      ...{ Action: actions, Resource: resources },
      ...(conditions && conditions.length > 0 ? { Condition: conditionsOf(conditions) } : {}),
    })),
  });
}

/** Pulumi's mocks: every resource is recorded and gets the attributes above; calls get what an account would answer. */
export function fakeEngine(pulumi: Pulumi, root: string, region: string) {
  const resources: Resource[] = [];
  const plain = async (value: unknown): Promise<unknown> => {
    if (value === null || typeof value !== "object") return value;
    // An Output that holds a secret arrives wrapped.
    if (secretMark in value) return plain((value as { value?: unknown }).value);
    if (pulumi.asset.Asset.isInstance(value) || pulumi.asset.Archive.isInstance(value)) {
      const path = await (value as { path?: string | Promise<string> }).path;
      return { asset: path === undefined ? undefined : relative(root, path) };
    }
    if (Array.isArray(value)) return Promise.all(value.map(plain));
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return Object.fromEntries(await Promise.all(entries.map(async ([key, item]) => [key, await plain(item)])));
  };
  const mocks = {
    newResource: async ({ type, name, inputs, custom, id }: NewResource) => {
      if (type !== "pulumi:pulumi:Stack") {
        resources.push({ type, name, custom: custom ?? false, inputs: (await plain(inputs)) as Inputs });
      }
      const state: Inputs = { ...inputs, ...attributesOf(type, name, inputs, region) };
      const named = { "aws:s3/bucket:Bucket": inputs.bucket, "aws:lambda/function:Function": inputs.name };
      const ownId = type === "aws:sfn/stateMachine:StateMachine" ? state.arn : named[type as keyof typeof named];
      return { id: id || String(ownId ?? `${name}-id`), state };
    },
    call: ({ token, inputs }: { token: string; inputs: Inputs }): Inputs => {
      switch (token) {
        case "aws:index/getRegion:getRegion":
          return { id: region, region, name: region };
        case "aws:index/getPartition:getPartition":
          return { id: "aws", partition: "aws", dnsSuffix: "amazonaws.com" };
        case "aws:index/getCallerIdentity:getCallerIdentity":
          return { id: account, accountId: account, userId: "x", arn: `arn:aws:iam::${account}:root` };
        case "aws:iam/getPolicyDocument:getPolicyDocument":
          return { ...inputs, id: "document", json: policyJson(inputs.statements as PolicyStatement[]) };
        default:
          return inputs;
      }
    },
  };
  return { mocks, resources };
}
