import type { FunctionName, FunctionSpec, Grant } from "../../../stacks/app/index.ts";
import type { Evaluation } from "./evaluate.ts";
import { account } from "./fake-engine.ts";
import { hostActions, justifiedWildcards } from "./justified.ts";
import {
  all,
  bucketNameOf,
  list,
  matches,
  type PolicyStatement,
  roleOf,
  roleStatements,
  statementsIn,
} from "./resources.ts";

type Specs = Record<FunctionName, FunctionSpec>;

/** No action with a wildcard, no managed policy, and "every resource" only where a reason is on record. */
export function checkWildcards(evaluation: Evaluation): string[] {
  return all(evaluation, "aws:iam/role:Role").flatMap((role) => {
    const managed = list(role.inputs.managedPolicyArns as string[]).map((arn) => `${role.name}: managed policy ${arn}`);
    const broad = roleStatements(evaluation, role).flatMap((statement) => {
      const actions = list(statement.Action);
      const wild = actions.filter((action) => action.includes("*")).map((action) => `${role.name}: action ${action}`);
      if (!list(statement.Resource).includes("*")) return wild;
      const unjustified = actions.filter((action) => !justifiedWildcards[action]);
      return [...wild, ...unjustified.map((action) => `${role.name}: ${action} on every resource`)];
    });
    return [...managed, ...broad];
  });
}

/** Roles are for the service that runs them and for nobody else: no account, no user, no other service. */
export function checkTrust(evaluation: Evaluation): string[] {
  return all(evaluation, "aws:iam/role:Role").flatMap((role) => {
    const policy = role.inputs.assumeRolePolicy;
    const statements = statementsIn(typeof policy === "string" ? policy : JSON.stringify(policy));
    const service = role.name === "WorkflowRole" ? "states.amazonaws.com" : "lambda.amazonaws.com";
    const right = JSON.stringify({ Service: service });
    return statements
      .filter(({ Principal }) => JSON.stringify(Principal) !== right)
      .map(({ Principal }) => `${role.name}: trusts ${JSON.stringify(Principal)}`);
  });
}

/** Every grant of stacks/app is in the function's policy, and the policy holds nothing else. */
export function checkGrants(evaluation: Evaluation, specs: Specs): string[] {
  return (Object.entries(specs) as [FunctionName, FunctionSpec][]).flatMap(([name, spec]) => {
    const statements = roleStatements(evaluation, roleOf(evaluation, name));
    const missing = spec.grants.flatMap((grant) =>
      grant.actions
        .filter((action) => !statements.some((statement) => allows(evaluation, statement, grant, action)))
        .map((action) => `${name}: the grant of ${action} is not in its policy`),
    );
    const granted = new Set<string>([...spec.grants.flatMap((grant) => grant.actions), ...hostActions]);
    const extra = statements
      .flatMap(({ Action }) => list(Action))
      .filter((action) => !granted.has(action))
      .map((action) => `${name}: ${action} is in its policy, and no grant says so`);
    return [...missing, ...extra, ...reachesFurther(evaluation, name, spec, statements)];
  });
}

function allows(evaluation: Evaluation, statement: PolicyStatement, grant: Grant, action: string): boolean {
  if (statement.Effect !== "Allow" || !list(statement.Action).includes(action)) return false;
  const resources = list(statement.Resource);
  const on = (arn: string) => resources.some((resource) => matches(resource, arn));
  if (!("bucket" in grant)) return resources.length > 0;
  const bucket = `arn:aws:s3:::${bucketNameOf(evaluation, grant.bucket)}`;
  if (!action.startsWith("s3:List") || action === "s3:ListMultipartUploadParts")
    return on(`${bucket}/${grant.prefix}x`);
  const prefixes = Object.values(statement.Condition ?? {}).flatMap((keys) => list(keys["s3:prefix"]));
  return on(bucket) && prefixes.some((prefix) => matches(prefix, `${grant.prefix}x`));
}

/** A key outside every granted prefix, a foreign bucket, and a foreign machine are out of reach. */
function reachesFurther(
  evaluation: Evaluation,
  name: FunctionName,
  spec: FunctionSpec,
  statements: PolicyStatement[],
): string[] {
  const outside = ["uploads", "results"].flatMap((bucket) => {
    const arn = `arn:aws:s3:::${bucketNameOf(evaluation, bucket)}`;
    const prefixes = spec.grants.flatMap((grant) => ("bucket" in grant && grant.bucket === bucket ? grant.prefix : []));
    return [`${arn}/elsewhere/x`, ...(prefixes.length === 0 ? [arn, `${arn}/uploads/x`, `${arn}/jobs/x`] : [])];
  });
  const foreign = [
    "arn:aws:s3:::another-bucket/uploads/x",
    `arn:aws:states:eu-central-1:${account}:stateMachine:another`,
    `arn:aws:lambda:eu-central-1:${account}:function:another`,
    `arn:aws:s3vectors:eu-central-1:${account}:bucket/another/index/halfgig-passages`,
  ];
  return [...outside, ...foreign].flatMap((arn) =>
    statements
      .filter((statement) => list(statement.Resource).some((resource) => resource !== "*" && matches(resource, arn)))
      .map((statement) => `${name}: ${list(statement.Action)} reaches ${arn}`),
  );
}
