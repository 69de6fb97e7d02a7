import type { HistoryEvent } from "../history.ts";
import type { Json } from "../json.ts";
import { MapRunProgress } from "../map/map-run-progress.ts";
import type { RetryCounts } from "../retry.ts";
import { historyOwner, parseSegment } from "../scope-key.ts";
import type { Ended, JournalRecord } from "./record.ts";

/** The state a scope was in when its process died. */
export type ResumedState = {
  name: string;
  input: Json;
  enteredAt: string;
  enteredEventId: number;
  retries: RetryCounts;
  wakeAtMs?: number;
  /** Parallel and Map have announced this attempt already. */
  announced: boolean;
  mapRun?: MapRunProgress;
};

/** What a journal knows about one scope. */
export class ScopeSnapshot {
  visit = 0;
  lastEventId = 0;
  /** Of scopes with a history of their own: the JSON text of the execution's input, when it started, how many events it has. */
  executionInput = "null";
  startedAt = "";
  eventCount = 0;
  readonly variables: Record<string, Json> = {};
  state: ResumedState | undefined;
  /** The JSON text of the last state's output. */
  output: string | undefined;
  ended: Ended | undefined;
  readonly children = new Map<string, ScopeSnapshot>();
  /** The first branch or iteration that failed, while its Parallel or Map has not reacted yet. */
  failedChild: Ended | undefined;
}

export type Replay = {
  started: JournalRecord["started"];
  root: ScopeSnapshot;
};

/** Reads a journal's records into a tree of the scopes that are still of interest: what is over is forgotten. */
export async function replay(records: AsyncIterable<JournalRecord>): Promise<Replay> {
  const result: Replay = { started: undefined, root: new ScopeSnapshot() };
  for await (const record of records) {
    result.started ??= record.started;
    if (!result.started) break;
    applyRecord(result.root, record);
  }
  return result;
}

function applyRecord(root: ScopeSnapshot, record: JournalRecord): void {
  const segments = record.scope === "" ? [] : record.scope.split("/");
  const path = [root];
  for (const segment of segments) path.push(childOf(path.at(-1)!, segment));
  const scope = path.at(-1)!;
  const owner = path[ownerDepth(record.scope)]!;

  for (const event of record.events) {
    applyEvent(scope, event);
    owner.eventCount = event.id;
  }
  if (record.retry && scope.state) retryState(scope, scope.state, record.retry);
  if (record.wakeAtMs !== undefined && scope.state) scope.state.wakeAtMs = record.wakeAtMs;
  if (record.mapRun && scope.state) scope.state.mapRun = new MapRunProgress(record.mapRun);
  if (record.ended) endScope(path, segments, record.ended);
}

function ownerDepth(scope: string): number {
  const owner = historyOwner(scope);
  return owner === "" ? 0 : owner.split("/").length;
}

function childOf(scope: ScopeSnapshot, segment: string): ScopeSnapshot {
  let child = scope.children.get(segment);
  if (!child) {
    child = new ScopeSnapshot();
    scope.children.set(segment, child);
  }
  return child;
}

function applyEvent(scope: ScopeSnapshot, event: HistoryEvent): void {
  scope.lastEventId = event.id;
  const { executionStartedEventDetails: started, stateEnteredEventDetails: entered } = event;
  if (started) {
    scope.executionInput = started.input;
    scope.startedAt = event.timestamp;
  } else if (entered) {
    scope.state = {
      name: entered.name,
      input: JSON.parse(entered.input) as Json,
      enteredAt: event.timestamp,
      enteredEventId: event.id,
      retries: { perRetrier: [], total: 0 },
      announced: false,
    };
  } else if (event.stateExitedEventDetails) {
    const { output, assignedVariables = {} } = event.stateExitedEventDetails;
    for (const [name, text] of Object.entries(assignedVariables)) scope.variables[name] = JSON.parse(text) as Json;
    scope.output = output;
    scope.visit += 1;
    leaveAttempt(scope);
    scope.state = undefined;
  } else if (event.type === "ParallelStateStarted" || event.type === "MapStateStarted") {
    if (scope.state) scope.state.announced = true;
  }
}

function retryState(scope: ScopeSnapshot, state: ResumedState, retries: RetryCounts): void {
  leaveAttempt(scope);
  scope.state = { ...state, retries, announced: false, mapRun: undefined };
}

function leaveAttempt(scope: ScopeSnapshot): void {
  scope.children.clear();
  scope.failedChild = undefined;
}

function endScope(path: ScopeSnapshot[], segments: string[], ended: Ended): void {
  const scope = path.at(-1)!;
  scope.ended = ended;
  scope.state = undefined;
  leaveAttempt(scope);
  const parent = path.at(-2);
  const segment = segments.at(-1);
  if (!parent || segment === undefined) return;
  const { kind, index } = parseSegment(segment);
  if (kind === "c") {
    parent.state?.mapRun?.settle(index, ended, scope.output);
    parent.children.delete(segment);
    return;
  }
  // Events of a branch or an iteration are part of the outer scope's history.
  parent.lastEventId = scope.lastEventId;
  if (ended.status !== "SUCCEEDED") parent.failedChild ??= ended;
}
