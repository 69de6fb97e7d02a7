import { executionArn, stateMachineArn } from "./arns.ts";
import type { EventBody, HistoryEvent } from "./history.ts";
import type { ExecutionHost } from "./host.ts";
import type { JournalRecord } from "./journal/record.ts";
import type { ResumedState, ScopeSnapshot } from "./journal/replay.ts";
import type { Json, JsonObject } from "./json.ts";

/** An execution with an ARN and a history of its own: the one that was started, or a child of a distributed Map. */
export class ExecutionIdentity {
  readonly host: ExecutionHost;
  readonly arn: string;
  readonly name: string;
  /** `name`, or `name/label` for a child. */
  readonly machine: string;
  /** The execution that was started; children of its Maps share its journal. */
  readonly rootArn: string;
  readonly input: Json;
  readonly startedAt: string;
  #eventCount: number;

  constructor(
    host: ExecutionHost,
    identity: { machine: string; name: string; rootArn?: string; input: Json; startedAt: string; eventCount?: number },
  ) {
    this.host = host;
    this.machine = identity.machine;
    this.name = identity.name;
    this.arn = executionArn(host.partition, identity.machine, identity.name);
    this.rootArn = identity.rootArn ?? this.arn;
    this.input = identity.input;
    this.startedAt = identity.startedAt;
    this.#eventCount = identity.eventCount ?? 0;
  }

  nextEventId(): number {
    this.#eventCount += 1;
    return this.#eventCount;
  }

  /** The parts of the context object that are the same in every state. */
  context(): JsonObject {
    return {
      Execution: {
        Id: this.arn,
        Input: this.input,
        Name: this.name,
        RoleArn: roleArn(this.host),
        StartTime: this.startedAt,
        RedriveCount: 0,
      },
      StateMachine: { Id: stateMachineArn(this.host.partition, this.machine), Name: this.machine },
    };
  }
}

/** Roles do not exist here; the API's types want one. */
export function roleArn({ partition }: Pick<ExecutionHost, "partition">): string {
  return `arn:aws:iam::${partition.accountId}:role/halfgig-states`;
}

export type ScopeOptions = {
  key: string;
  /** Variables of the outer scopes, which this one may read. */
  outerVariables?: Record<string, Json>;
  /** `Map.Item` of the iteration this scope is in. */
  context?: JsonObject;
  lastEventId?: number;
  snapshot?: ScopeSnapshot | undefined;
  /** The time of the first line, where that has been told to somebody already. */
  startsAt?: string;
};

type Change = Omit<JournalRecord, "scope" | "events">;

/** One run of a list of states: where it stands, its variables, and its thread of history. */
export class Scope {
  readonly execution: ExecutionIdentity;
  readonly key: string;
  readonly context: JsonObject;
  readonly snapshot: ScopeSnapshot | undefined;
  /** How many states this scope has left behind. */
  visit: number;
  lastEventId: number;
  /** When the last line was written. */
  committedAt = "";
  #startsAt: string | undefined;
  readonly #outer: Record<string, Json>;
  readonly #own: Record<string, Json>;
  #pending: EventBody[] = [];

  constructor(execution: ExecutionIdentity, options: ScopeOptions) {
    this.execution = execution;
    this.key = options.key;
    this.context = options.context ?? {};
    this.snapshot = options.snapshot;
    this.visit = options.snapshot?.visit ?? 0;
    this.lastEventId = options.snapshot?.lastEventId || options.lastEventId || 0;
    this.#startsAt = options.startsAt;
    this.#outer = options.outerVariables ?? {};
    this.#own = { ...options.snapshot?.variables };
  }

  get host(): ExecutionHost {
    return this.execution.host;
  }

  /** The state to go on with after a crash, once. */
  resumedState(): ResumedState | undefined {
    return this.snapshot?.state;
  }

  variables(): Record<string, Json> {
    return { ...this.#outer, ...this.#own };
  }

  assign(values: JsonObject): void {
    Object.assign(this.#own, values);
  }

  /** Holds an event back until the next `commit`, so that it is recorded together with what follows from it. */
  note(event: EventBody): void {
    this.#pending.push(event);
  }

  /** Forgets the events of an attempt that was interrupted. */
  dropNotes(): void {
    this.#pending = [];
  }

  /** Appends one line to the journal: all of it will be there after a crash, or nothing. */
  commit(change: Change, ...events: EventBody[]): void {
    const bodies = [...this.#pending, ...events];
    this.#pending = [];
    this.committedAt = this.#startsAt ?? new Date(this.host.clock.now()).toISOString();
    this.#startsAt = undefined;
    const placed = bodies.map((body) => this.#place(body, this.committedAt));
    this.host.journal.append({ scope: this.key, events: placed, ...change });
    const { onEvent } = this.host;
    if (!onEvent) return;
    for (const event of placed) {
      // A listener that throws must not become a failed state.
      queueMicrotask(() => onEvent({ executionArn: this.execution.arn, event }));
    }
  }

  #place(body: EventBody, timestamp: string): HistoryEvent {
    const { type, ...details } = body;
    const event = { id: this.execution.nextEventId(), previousEventId: this.lastEventId, timestamp, type, ...details };
    this.lastEventId = event.id;
    return event;
  }
}
