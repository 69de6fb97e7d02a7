import { randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Grant, ToolGrant } from "../app/index.ts";

export type AnyGrant = Grant | ToolGrant;

/** One action that a principal may do, and to what: `infer`, `s3:GetObject`, `results/work/`. */
export type GrantedAction = { principal: string; action: string; on: string };

/** What one host allowed, and what of it was done. */
export type GrantReport = { granted: GrantedAction[]; used: GrantedAction[] };

/** The folder that `npm run check:grants` reads. */
export const grantUseVariable = "HALFGIG_GRANT_USE";

/** A line of a host's record: what it allows comes first, and each use when it is made. A host that is killed has told by then. */
type GrantLine = { granted: GrantedAction[] } | { used: GrantedAction };

/** Which of the grants of stacks/app were made use of. A grant that no test uses is one that nobody needs, or an untested way. */
export class GrantUse {
  readonly #used = new Map<string, GrantedAction>();
  readonly #path: string | undefined;

  /** @param folder where a record is kept; without one there is none */
  constructor(granted: readonly GrantedAction[], folder = process.env[grantUseVariable]) {
    this.#path = folder ? join(folder, `${randomUUID()}.jsonl`) : undefined;
    this.#keep({ granted: [...granted] });
  }

  record(principal: string, action: string, grant: AnyGrant): void {
    const used = { principal, action, on: subjectOf(grant) };
    const key = keyOf(used);
    if (this.#used.has(key)) return;
    this.#used.set(key, used);
    this.#keep({ used });
  }

  used(): GrantedAction[] {
    return sorted(this.#used.values());
  }

  #keep(line: GrantLine): void {
    if (this.#path) appendFileSync(this.#path, `${JSON.stringify(line)}\n`);
  }
}

/** Every host's record in a folder. */
export async function readGrantReports(folder: string): Promise<GrantReport[]> {
  const names = await readdir(folder);
  return Promise.all(
    names.map(async (name) => {
      const lines = (await readFile(join(folder, name), "utf8")).trimEnd().split("\n");
      const kept = lines.map((line) => JSON.parse(line) as GrantLine);
      return {
        granted: kept.flatMap((line) => ("granted" in line ? line.granted : [])),
        used: kept.flatMap((line) => ("used" in line ? [line.used] : [])),
      };
    }),
  );
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
