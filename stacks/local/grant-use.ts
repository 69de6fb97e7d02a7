import type { Grant, ToolGrant } from "../app/index.ts";

export type AnyGrant = Grant | ToolGrant;

/** One action that a principal may do, and to what: `infer`, `s3:GetObject`, `results/work/`. */
export type GrantedAction = { principal: string; action: string; on: string };

export type GrantReport = { granted: GrantedAction[]; used: GrantedAction[] };

/** Which of the grants of stacks/app were made use of. A grant that no test uses is one that nobody needs, or an untested way. */
export class GrantUse {
  readonly #used = new Map<string, GrantedAction>();

  record(principal: string, action: string, grant: AnyGrant): void {
    const granted = { principal, action, on: subjectOf(grant) };
    this.#used.set(keyOf(granted), granted);
  }

  used(): GrantedAction[] {
    return sorted(this.#used.values());
  }
}

/** Every single action of a principal's grants. What a service outside of the host is asked cannot be seen here, and is left out. */
export function grantedActions(principal: string, grants: readonly AnyGrant[]): GrantedAction[] {
  return grants
    .filter((grant) => !("service" in grant))
    .flatMap((grant) => grant.actions.map((action) => ({ principal, action, on: subjectOf(grant) })));
}

/** What was granted and not used. */
export function unusedGrants(granted: readonly GrantedAction[], used: readonly GrantedAction[]): GrantedAction[] {
  const keys = new Set(used.map(keyOf));
  const unused = new Map(granted.filter((one) => !keys.has(keyOf(one))).map((one) => [keyOf(one), one]));
  return sorted(unused.values());
}

export const keyOf = ({ principal, action, on }: GrantedAction) => `${principal} ${action} ${on}`;

function subjectOf(grant: AnyGrant): string {
  if ("bucket" in grant) return `${grant.bucket}/${grant.prefix}`;
  return Object.entries(grant)
    .filter(([name]) => name !== "actions")
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(", ");
}

const sorted = (actions: Iterable<GrantedAction>) =>
  [...actions].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0));
