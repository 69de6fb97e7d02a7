import {
  type BucketName,
  buckets,
  type FunctionName,
  type FunctionSpec,
  lifecycleGrants,
  machineGrants,
  modelKeeperGrants,
  toolGrants,
} from "../app/index.ts";
import type { Credentials } from "./credentials.ts";
import { bucketName } from "./environment.ts";
import { type AnyGrant, GrantUse, grantedActions } from "./grant-use.ts";

/** The state machine's own name as a principal. */
export const machinePrincipal = "machine:media";
/** The lifecycle rules, which S3 applies by itself on AWS. */
export const lifecyclePrincipal = "host:lifecycle";
/** Who brings models that are too large for a layer to the bucket; on AWS the deployment does. */
export const modelKeeperPrincipal = "host:models";
/** The person who runs the host, with AWS CLI, rclone and their like. */
export const toolsPrincipal = "tools";

const allows = (grant: AnyGrant, action: string) => (grant.actions as readonly string[]).includes(action);

/** Whether the grant covers the key (for a listing: the prefix). */
const covers = (grant: AnyGrant, bucket: BucketName, key: string) =>
  "bucket" in grant && grant.bucket === bucket && key.startsWith(grant.prefix);

/** Who may do what: every principal's grants, as declared in stacks/app. */
export class Access {
  readonly #credentials: Credentials;
  readonly #byKey: Map<string, string>;
  readonly #specs: Record<FunctionName, FunctionSpec>;
  readonly #use: GrantUse;

  constructor(credentials: Credentials, specs: Record<FunctionName, FunctionSpec>) {
    this.#credentials = credentials;
    this.#specs = specs;
    this.#byKey = new Map([...credentials.principals].map(([name, keys]) => [keys.accessKeyId, name]));
    const names = [...credentials.principals.keys()].filter((name) => name !== toolsPrincipal);
    this.#use = new GrantUse(names.flatMap((name) => grantedActions(name, this.#grants(name))));
  }

  keys(name: string) {
    const keys = this.#credentials.principals.get(name);
    if (!keys) throw new Error(`${name} has no credentials`);
    return keys;
  }

  principal(accessKeyId: string) {
    const name = this.#byKey.get(accessKeyId);
    return name === undefined ? undefined : { name, ...this.keys(name) };
  }

  object(name: string, action: string, bucket: string, key: string): boolean {
    const spec = buckets.find((candidate) => bucketName(candidate.name) === bucket);
    return this.#allowed(name, action, (grant) =>
      // The account's own list of buckets is asked for without a bucket.
      bucket === "" ? "account" in grant : spec !== undefined && covers(grant, spec.name, key),
    );
  }

  machine(accessKeyId: string | undefined, action: string): boolean {
    return this.#keyAllowed(accessKeyId, action, (grant) => "machine" in grant);
  }

  invocation(accessKeyId: string | undefined, action: "lambda:InvokeFunction", functionName: string): boolean {
    return this.#keyAllowed(
      accessKeyId,
      action,
      (grant) => "functions" in grant || ("function" in grant && grant.function === functionName),
    );
  }

  #keyAllowed(accessKeyId: string | undefined, action: string, applies: (grant: AnyGrant) => boolean): boolean {
    const name = accessKeyId === undefined ? undefined : this.#byKey.get(accessKeyId);
    return name !== undefined && this.#allowed(name, action, applies);
  }

  #allowed(name: string, action: string, applies: (grant: AnyGrant) => boolean): boolean {
    const granting = this.#grants(name).filter((grant) => allows(grant, action) && applies(grant));
    for (const grant of granting) this.#use.record(name, action, grant);
    return granting.length > 0;
  }

  #grants(name: string): readonly AnyGrant[] {
    if (name === toolsPrincipal) return toolGrants;
    if (name === machinePrincipal) return machineGrants;
    if (name === modelKeeperPrincipal) return modelKeeperGrants;
    if (name === lifecyclePrincipal) return lifecycleGrants;
    return this.#specs[name as FunctionName]?.grants ?? [];
  }
}
