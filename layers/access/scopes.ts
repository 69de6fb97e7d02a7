import { z } from "zod";

/** What a key can be allowed to do. `stacks/app/routes.ts` says which of these each address needs. */
export const scopeMeanings = {
  "jobs:read": "see jobs, their media and their results",
  "jobs:write": "send files, make jobs, cancel, retry and delete them",
  search: "search transcripts and ask about them",
  voice: "have short clips judged in one request",
  admin: "make, list, rotate and revoke the tenant's keys, and rebuild its search index",
} as const;

export type Scope = keyof typeof scopeMeanings;
export const scopes = Object.keys(scopeMeanings) as Scope[];
export const scopeSchema = z.enum(scopes);

/** Everything, for every tenant: what the host's own token may, and no key or foreign token can be given. */
export const everyScope = "*";

export const holds = (held: readonly string[], needed: Scope): boolean =>
  held.includes(everyScope) || held.includes(needed);

/** The scopes of a list that mean something here, in the order of the table. */
export const knownScopes = (names: readonly string[]): Scope[] => scopes.filter((scope) => names.includes(scope));
