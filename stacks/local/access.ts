import {
  type BucketName,
  buckets,
  type FunctionName,
  type FunctionSpec,
  type Grant,
  lifecycleGrants,
  machineGrants,
  sweepGrants,
} from "../app/index.ts";
import type { Credentials } from "./credentials.ts";
import { bucketName } from "./environment.ts";

/** The state machine's own name as a principal. */
export const machinePrincipal = "machine:media";
/** The sweep for lost events, which runs in the host. */
export const sweepPrincipal = "sweep";
/** The lifecycle rules, which S3 applies by itself on AWS. */
export const lifecyclePrincipal = "lifecycle";

/** True when one of the grants allows the action on the key (for a listing: on the prefix). */
export function allowsObject(grants: readonly Grant[], action: string, bucket: BucketName, key: string): boolean {
  return grants.some(
    (grant) =>
      "bucket" in grant &&
      grant.bucket === bucket &&
      key.startsWith(grant.prefix) &&
      (grant.actions as readonly string[]).includes(action),
  );
}

export function allowsMachine(grants: readonly Grant[], action: string): boolean {
  return grants.some((grant) => "machine" in grant && (grant.actions as readonly string[]).includes(action));
}

/** Who may do what: every principal's grants, as declared in stacks/app. */
export class Access {
  readonly #credentials: Credentials;
  readonly #byKey: Map<string, string>;
  readonly #specs: Record<FunctionName, FunctionSpec>;

  constructor(credentials: Credentials, specs: Record<FunctionName, FunctionSpec>) {
    this.#credentials = credentials;
    this.#specs = specs;
    this.#byKey = new Map([...credentials.principals].map(([name, keys]) => [keys.accessKeyId, name]));
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
    return spec !== undefined && allowsObject(this.#grants(name), action, spec.name, key);
  }

  machine(accessKeyId: string | undefined, action: string): boolean {
    const name = accessKeyId === undefined ? undefined : this.#byKey.get(accessKeyId);
    return name !== undefined && allowsMachine(this.#grants(name), action);
  }

  #grants(name: string) {
    if (name === machinePrincipal) return machineGrants;
    if (name === sweepPrincipal) return sweepGrants;
    if (name === lifecyclePrincipal) return lifecycleGrants;
    return this.#specs[name as FunctionName]?.grants ?? [];
  }
}
