import type { FunctionName } from "../../../stacks/app/index.ts";
import { componentName } from "../../../stacks/aws/deployment.ts";
import type { Evaluation, Resource } from "./evaluate.ts";

export type PolicyStatement = {
  Effect: string;
  Action: string[] | string;
  Resource?: string[] | string;
  Principal?: unknown;
  Condition?: Record<string, Record<string, string | string[]>>;
};

export const list = (value: string[] | string | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

export const all = (evaluation: Evaluation, type: string): Resource[] =>
  evaluation.resources.filter((resource) => resource.type === type);

/** @throws Error when there is not exactly one */
export function one(evaluation: Evaluation, type: string, name: string): Resource {
  const found = all(evaluation, type).filter((resource) => resource.name === name);
  if (found.length !== 1) throw new Error(`${found.length} resources of type ${type} are called ${name}`);
  return found[0]!;
}

export const functionOf = (evaluation: Evaluation, name: FunctionName): Resource =>
  one(evaluation, "aws:lambda/function:Function", `${componentName(name)}Function`);

export const roleOf = (evaluation: Evaluation, name: FunctionName): Resource =>
  one(evaluation, "aws:iam/role:Role", `${componentName(name)}Role`);

export function statementsIn(policy: unknown): PolicyStatement[] {
  return (JSON.parse(String(policy)) as { Statement: PolicyStatement[] }).Statement;
}

/** What a role may do, wherever it is written: in the role itself or in a policy beside it. */
export function roleStatements(evaluation: Evaluation, role: Resource): PolicyStatement[] {
  const inline = (role.inputs.inlinePolicies ?? []) as { policy: string }[];
  const beside = all(evaluation, "aws:iam/rolePolicy:RolePolicy").filter(
    ({ inputs }) => inputs.role === `${role.name}-id`,
  );
  return [...inline.map(({ policy }) => policy), ...beside.map(({ inputs }) => inputs.policy)].flatMap(statementsIn);
}

/** IAM's own reading of `*` in a resource. */
export function matches(pattern: string, arn: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(arn);
}

export function bucketNameOf(evaluation: Evaluation, name: string): string {
  return String(one(evaluation, "aws:s3/bucket:Bucket", `${componentName(name)}BucketBucket`).inputs.bucket);
}
