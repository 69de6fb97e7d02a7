/**
 * A scope's place in its execution. Keys grow by one segment per level, `<visit>.<attempt>.<kind><index>`:
 * the how-manieth state visited in the outer scope, its attempt (a retried Map starts over with fresh scopes), and which
 * branch (`b`), iteration (`i`) or child execution (`c`) it is. `""` is the execution itself.
 */
export type ScopeKind = "b" | "i" | "c";

export type ScopeSegment = { visit: number; attempt: number; kind: ScopeKind; index: number };

/** The key of everything that one attempt of a state runs, without kind and index. */
export function attemptKey(outer: string, visit: number, attempt: number): string {
  return `${outer}${outer === "" ? "" : "/"}${visit}.${attempt}`;
}

export function scopeKey(attempt: string, kind: ScopeKind, index: number): string {
  return `${attempt}.${kind}${index}`;
}

export function parseSegment(segment: string): ScopeSegment {
  const match = /^(\d+)\.(\d+)\.([bic])(\d+)$/.exec(segment);
  if (!match) throw new Error(`"${segment}" is not a segment of a scope's key`);
  return {
    visit: Number(match[1]),
    attempt: Number(match[2]),
    kind: match[3] as ScopeKind,
    index: Number(match[4]),
  };
}

/** The key of the scope that has its own history: the execution, or the child execution that the scope is part of. */
export function historyOwner(scope: string): string {
  const segments = scope.split("/");
  while (segments.length > 0 && !segments.at(-1)!.includes("c")) segments.pop();
  return segments.join("/");
}
