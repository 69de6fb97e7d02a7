import type { StateMachine } from "../definition/types.ts";
import type { HistoryEvent } from "../history.ts";
import type { RetryCounts } from "../retry.ts";

export type EndStatus = "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";
export type ExecutionStatus = "RUNNING" | EndStatus;

/** How a scope came to its end. */
export type Ended = {
  status: EndStatus;
  error?: string;
  cause?: string;
  /** Children of a distributed Map: what the result files need beside the output. */
  child?: { input: string; startDate: string; itemCount: number };
};

/**
 * One line of a journal: events of one scope, and what they mean for a resume beyond what the events say themselves
 * (a StateEntered event holds the state and its input, a StateExited event its output and variables).
 *
 * A scope is one run of a list of states: the execution itself (`""`), a branch of a Parallel, an iteration of a Map,
 * a child of a distributed Map. See scope-key.ts.
 */
export type JournalRecord = {
  scope: string;
  events: HistoryEvent[];
  /** The first line only. The definition is kept because a resumed execution goes on with the one it started with. */
  started?: { arn: string; machine: string; name: string; definition: StateMachine };
  /** The attempt failed; the next one begins at `wakeAtMs`. */
  retry?: RetryCounts;
  /** The moment a Wait or a retry's delay is over. */
  wakeAtMs?: number;
  mapRun?: { uuid: string; arn: string; keepsOutputs: boolean };
  ended?: Ended;
};
