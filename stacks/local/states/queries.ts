import { mapRunArn, type Partition, parseChildName, parseExecutionArn, stateMachineArn } from "./arns.ts";
import { StatesServiceError } from "./errors.ts";
import type { ExecutionEntry, ExecutionIndex } from "./execution-index.ts";
import type { HistoryEvent } from "./history.ts";
import type { MapRunEntry } from "./host.ts";
import { readLastRecord, readRecords } from "./journal/reader.ts";
import type { Ended, ExecutionStatus, JournalRecord } from "./journal/record.ts";
import { historyOwner } from "./scope-key.ts";

/** An execution as DescribeExecution shows it. Dates are ISO 8601; `input` and `output` are JSON texts. */
export type ExecutionDescription = {
  executionArn: string;
  stateMachineArn: string;
  name: string;
  status: ExecutionStatus;
  startDate: string;
  stopDate?: string;
  input: string;
  inputDetails: { included: boolean };
  output?: string;
  outputDetails?: { included: boolean };
  error?: string;
  cause?: string;
  mapRunArn?: string;
  redriveCount: number;
  redriveStatus: "NOT_REDRIVABLE";
};

export type ExecutionListItem = {
  executionArn: string;
  stateMachineArn: string;
  name: string;
  status: ExecutionStatus;
  startDate: string;
  stopDate?: string;
  mapRunArn?: string;
  redriveCount: number;
};

/** Where an execution's records are: in its own journal, or among those of the execution it is a child of. */
export type Target = { entry: ExecutionEntry; path: string; scope: string; mapRun?: MapRunEntry };

/** @throws StatesServiceError `InvalidArn`, `ExecutionDoesNotExist` */
export function locate(index: ExecutionIndex, arn: string): Target {
  const parts = parseExecutionArn(arn);
  if (!parts) throw new StatesServiceError("InvalidArn", `"${arn}" is not the ARN of an execution.`);
  const child = parts.label === undefined ? undefined : parseChildName(parts.name);
  const mapRun = child && index.mapRun(child.mapRunUuid);
  const entry = index.get(mapRun?.execution ?? arn);
  if (!entry) throw new StatesServiceError("ExecutionDoesNotExist", `There is no execution ${arn}.`);
  const path = index.journalPath(entry);
  return child && mapRun
    ? { entry, path, scope: `${mapRun.attempt}.c${child.index}`, mapRun }
    : { entry, path, scope: "" };
}

/** What the first and the last record of an execution say. */
type Outline = { started: HistoryEvent; last?: HistoryEvent; ended?: Ended };

export async function describe(at: Partition, index: ExecutionIndex, arn: string): Promise<ExecutionDescription> {
  const target = locate(index, arn);
  const outline = await outlineOf(target);
  if (!outline) throw new StatesServiceError("ExecutionDoesNotExist", `There is no execution ${arn}.`);
  const parts = parseExecutionArn(arn)!;
  const machine = parts.label === undefined ? parts.machine : `${parts.machine}/${parts.label}`;
  const { started, last, ended } = outline;
  const status = statusOf(ended, target.entry);
  const output = last?.executionSucceededEventDetails?.output;
  return {
    executionArn: arn,
    stateMachineArn: stateMachineArn(at, machine),
    name: parts.name,
    status,
    startDate: started.timestamp,
    ...stopDateOf(status, last?.timestamp ?? target.entry.stopDate),
    input: started.executionStartedEventDetails?.input ?? "null",
    inputDetails: { included: true },
    ...(output === undefined ? {} : { output, outputDetails: { included: true } }),
    ...(ended?.error === undefined ? {} : { error: ended.error }),
    ...(ended?.cause === undefined ? {} : { cause: ended.cause }),
    ...(target.mapRun ? { mapRunArn: target.mapRun.arn } : {}),
    redriveCount: 0,
    redriveStatus: "NOT_REDRIVABLE",
  };
}

async function outlineOf({ path, scope, entry }: Target): Promise<Outline | undefined> {
  let outline: Outline | undefined;
  for await (const record of readRecords<JournalRecord>(path)) {
    if (record.scope !== scope) continue;
    outline ??= { started: record.events[0]! };
    if (record.ended) return { ...outline, last: record.events.at(-1)!, ended: record.ended };
    // The end of an execution is the last line of its journal.
    if (scope === "") {
      const last = entry.status === "RUNNING" ? undefined : await readLastRecord<JournalRecord>(path);
      return last?.ended ? { ...outline, last: last.events.at(-1)!, ended: last.ended } : outline;
    }
  }
  return outline;
}

/** A child without an end of its own ended with the execution it belongs to. */
function statusOf(ended: Ended | undefined, entry: ExecutionEntry): ExecutionStatus {
  if (ended) return ended.status;
  return entry.status === "RUNNING" ? "RUNNING" : "ABORTED";
}

function stopDateOf(status: ExecutionStatus, stopDate: string | undefined): { stopDate?: string } {
  return status === "RUNNING" || stopDate === undefined ? {} : { stopDate };
}

export type HistoryPage = { events: HistoryEvent[]; nextToken?: string };
export type HistoryOptions = { reverse?: boolean; maxResults?: number; nextToken?: string };

/** The events of an execution, read from the journal; `nextToken` is the id of the last event of the page before. */
export async function historyPage(index: ExecutionIndex, arn: string, options: HistoryOptions): Promise<HistoryPage> {
  const { path, scope } = locate(index, arn);
  const { reverse = false, maxResults = 1000, nextToken } = options;
  const after = tokenNumber(nextToken) ?? (reverse ? Number.POSITIVE_INFINITY : 0);
  let events: HistoryEvent[] = [];
  let hasMore = false;
  reading: for await (const record of readRecords<JournalRecord>(path)) {
    if (historyOwner(record.scope) !== scope) continue;
    for (const event of record.events) {
      if (reverse ? event.id >= after : event.id <= after) continue;
      if (events.length < maxResults) events.push(event);
      else {
        hasMore = true;
        if (!reverse) break reading;
        events.shift();
        events.push(event);
      }
    }
  }
  if (reverse) events = events.reverse();
  return hasMore ? { events, nextToken: String(events.at(-1)!.id) } : { events };
}

export type ListOptions = { status?: ExecutionStatus; maxResults?: number; nextToken?: string };
export type ExecutionPage = { executions: ExecutionListItem[]; nextToken?: string };

/** A machine's executions, the latest first. */
export function machineExecutions(
  at: Partition,
  index: ExecutionIndex,
  machine: string,
  { status, maxResults = 1000, nextToken }: ListOptions,
): ExecutionPage {
  const matching = [...index.all()].filter(
    (entry) => entry.machine === machine && (!status || entry.status === status),
  );
  const from = tokenNumber(nextToken) ?? 0;
  const page = matching.reverse().slice(from, from + maxResults);
  const executions = page.map((entry) => ({
    executionArn: entry.arn,
    stateMachineArn: stateMachineArn(at, machine),
    name: entry.name,
    status: entry.status,
    startDate: entry.startDate,
    ...stopDateOf(entry.status, entry.stopDate),
    redriveCount: 0,
  }));
  return from + maxResults < matching.length ? { executions, nextToken: String(from + maxResults) } : { executions };
}

/** The child executions of a map run in the order of their items; `nextToken` is the index of the next one. */
export async function mapRunExecutions(
  at: Partition,
  index: ExecutionIndex,
  arn: string,
  { status, maxResults = 1000, nextToken }: ListOptions,
): Promise<ExecutionPage> {
  const match = /:mapRun:([^:/]+)\/([^:]+):([0-9a-f-]+)$/.exec(arn);
  const run = match && index.mapRun(match[3]!);
  if (!match || !run || run.arn !== arn)
    throw new StatesServiceError("ResourceNotFound", `There is no map run ${arn}.`);
  const entry = index.get(run.execution);
  if (!entry) throw new StatesServiceError("ResourceNotFound", `There is no map run ${arn}.`);
  const [machine, label, uuid] = [match[1]!, match[2]!, match[3]!];
  const from = tokenNumber(nextToken) ?? 0;
  const prefix = `${run.attempt}.c`;
  const found = new Map<number, Outline>();
  let hasMore = false;
  for await (const record of readRecords<JournalRecord>(index.journalPath(entry))) {
    const text = record.scope.startsWith(prefix) ? record.scope.slice(prefix.length) : "";
    if (!/^\d+$/.test(text)) continue;
    const child = Number(text);
    if (child < from) continue;
    if (child >= from + maxResults) {
      hasMore = true;
      continue;
    }
    const outline = found.get(child) ?? { started: record.events[0]! };
    if (record.ended) Object.assign(outline, { ended: record.ended, last: record.events.at(-1) });
    found.set(child, outline);
  }
  const executions = [...found]
    .sort(([a], [b]) => a - b)
    .map(([child, { started, last, ended }]): ExecutionListItem => {
      const name = `${uuid}-${child}`;
      const childStatus = statusOf(ended, entry);
      return {
        executionArn: `${stateMachineArn(at, `${machine}/${label}`).replace(":stateMachine:", ":execution:")}:${name}`,
        stateMachineArn: stateMachineArn(at, `${machine}/${label}`),
        name,
        status: childStatus,
        startDate: started.timestamp,
        ...stopDateOf(childStatus, last?.timestamp ?? entry.stopDate),
        mapRunArn: mapRunArn(at, machine, label, uuid),
        redriveCount: 0,
      };
    })
    .filter((item) => !status || item.status === status);
  return hasMore ? { executions, nextToken: String(from + maxResults) } : { executions };
}

function tokenNumber(token: string | undefined): number | undefined {
  if (token === undefined) return undefined;
  if (!/^\d{1,12}$/.test(token))
    throw new StatesServiceError("InvalidToken", `"${token}" is not a token of this service.`);
  return Number(token);
}
