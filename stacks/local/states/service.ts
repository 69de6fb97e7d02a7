import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { MediaError } from "../../../layers/core/index.ts";
import { executionArn, localPartition, machineName, type Partition, stateMachineArn } from "./arns.ts";
import { type Clock, systemClock } from "./clock.ts";
import { parseDefinition } from "./definition/check.ts";
import type { StateMachine } from "./definition/types.ts";
import { Interruption, StatesServiceError } from "./errors.ts";
import { Execution, endEvent } from "./execution.ts";
import { type ExecutionEntry, ExecutionIndex } from "./execution-index.ts";
import type { HistoryEvent } from "./history.ts";
import type { ExecutionHost, Invoke, ObjectStore } from "./host.ts";
import { Journal, type OpenAppendFile, openAppendFile } from "./journal/journal.ts";
import { readEnd, readLeftover } from "./journal/leftover.ts";
import type { Ended, EndStatus, JournalRecord } from "./journal/record.ts";
import type { Json } from "./json.ts";
import { maxPayloadBytes } from "./payload.ts";
import {
  describe,
  type ExecutionDescription,
  type ExecutionPage,
  type HistoryOptions,
  type HistoryPage,
  historyPage,
  type ListOptions,
  machineExecutions,
  mapRunExecutions,
} from "./queries.ts";

/** How an execution ended. */
export type ExecutionEnd = { executionArn: string; name: string } & Ended;

export type StatesOptions = {
  /** The journals live here; nothing else may. */
  directory: string;
  machines: { name: string; definition: unknown }[];
  invoke: Invoke;
  objects: ObjectStore;
  onEvent?: (event: { executionArn: string; event: HistoryEvent }) => void;
  /**
   * Told of every execution's end, however it came about: no Catch sees a time-out, a stop, or a journal that cannot be read.
   * Who takes longer over it returns a promise of whether it is done: an end that nobody was done with when the process died is told
   * again at the next `open`, as one on which it died may be.
   */
  onEnd?: (end: ExecutionEnd) => Promise<boolean> | undefined;
  /** Told when an execution cannot go on because its journal cannot be written; it does, by itself, when that is possible again. */
  onStalled?: (executionArn: string, error: Error) => void;
  /** Cap for every Map on this host. */
  maxConcurrency?: number;
  /** Where time comes from; the system's clock by default. */
  clock?: Clock;
  /** How journals are written; the file system by default. */
  openFile?: OpenAppendFile;
  /** Region and account in ARNs; us-east-1 and 000000000000 by default. */
  partition?: Partition;
};

export type StartRequest = { machine: string; name?: string; input?: unknown };
export type StartReply = { executionArn: string; startDate: string };

export type MachineDescription = { stateMachineArn: string; name: string; definition: string; creationDate: string };

type Starting = { inputText: string; reply: Promise<StartReply> };
type Running = Starting & { execution: Execution; journal: Journal<JournalRecord>; done: Promise<void> };

/** Unicode and JSON aside, what AWS lets a name be: no blanks, brackets, wildcards or characters that an ARN uses. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what AWS forbids here.
const validName = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]{1,80}$/u;

/**
 * Step Functions on this machine: state machines in JSONata, run by this process, journaled so that executions survive
 * it. Start with `open`.
 */
export class StatesService {
  readonly partition: Partition;
  readonly #options: StatesOptions;
  readonly #clock: Clock;
  readonly #openFile: OpenAppendFile;
  readonly #machines: Map<string, StateMachine>;
  readonly #running = new Map<string, Running>();
  readonly #starting = new Map<string, Starting>();
  readonly #openedAt: string;
  #index: ExecutionIndex | undefined;
  readonly #closed = new AbortController();
  #closing = false;

  /** @throws MediaError `config.invalid` for a definition that cannot run here. */
  constructor(options: StatesOptions) {
    this.#options = options;
    this.partition = options.partition ?? localPartition;
    this.#clock = options.clock ?? systemClock;
    this.#openFile = options.openFile ?? openAppendFile;
    this.#openedAt = new Date(this.#clock.now()).toISOString();
    this.#machines = new Map(options.machines.map(({ name, definition }) => [name, parseDefinition(name, definition)]));
  }

  /** Loads what earlier processes left, and goes on with the executions that were running. */
  async open(): Promise<{ resumed: string[] }> {
    this.#index = await ExecutionIndex.open(this.#options.directory, this.#openFile);
    const resumed: string[] = [];
    for (const entry of [...this.#index.all()]) {
      if (entry.status === "RUNNING" && (await this.#resume(entry))) resumed.push(entry.arn);
      else if (entry.untold) await this.#tellAgain(entry);
    }
    await this.removeExpired();
    return { resumed };
  }

  /** Removes what is known of executions that ended 90 days ago, as Step Functions does; their names can be used again. @returns how many */
  async removeExpired(): Promise<number> {
    return await this.#opened().removeExpired(this.#clock.now());
  }

  /**
   * Starts an execution. With the name and input of one that is running, the answer is that one.
   * @throws StatesServiceError `StateMachineDoesNotExist`, `InvalidName`, `InvalidExecutionInput`, `ExecutionAlreadyExists`
   */
  async startExecution(request: StartRequest): Promise<StartReply> {
    const machine = machineName(request.machine);
    const definition = this.#machine(machine);
    const name = request.name ?? randomUUID();
    if (!validName.test(name)) throw new StatesServiceError("InvalidName", `"${name}" is not a name for an execution.`);
    const inputText = JSON.stringify(request.input ?? {});
    if (Buffer.byteLength(inputText) > maxPayloadBytes) {
      throw new StatesServiceError("InvalidExecutionInput", `The input is larger than ${maxPayloadBytes} bytes.`);
    }
    const arn = executionArn(this.partition, machine, name);
    const same = this.#starting.get(arn) ?? this.#running.get(arn);
    if (same?.inputText === inputText) return await same.reply;
    if (same || this.#opened().get(arn)) {
      throw new StatesServiceError("ExecutionAlreadyExists", `There is an execution ${arn} already.`);
    }
    const startDate = new Date(this.#clock.now()).toISOString();
    const reply = this.#launch({ arn, machine, name, startDate }, definition, inputText);
    // Known before anything is awaited, so that a second start of the same name sees the first one.
    this.#starting.set(arn, { inputText, reply });
    try {
      return await reply;
    } finally {
      this.#starting.delete(arn);
    }
  }

  async describeExecution(arn: string): Promise<ExecutionDescription> {
    await this.#settle(arn);
    return await describe(this.partition, this.#opened(), arn);
  }

  async getExecutionHistory(arn: string, options: HistoryOptions = {}): Promise<HistoryPage> {
    await this.#settle(arn);
    return await historyPage(this.#opened(), arn, options);
  }

  /** The executions of a machine (name or ARN), the latest first; or the children of a map run. */
  async listExecutions(of: string | { mapRunArn: string }, options: ListOptions = {}): Promise<ExecutionPage> {
    if (typeof of !== "string") {
      await this.#settle();
      return await mapRunExecutions(this.partition, this.#opened(), of.mapRunArn, options);
    }
    this.#machine(machineName(of));
    return machineExecutions(this.partition, this.#opened(), machineName(of), options);
  }

  /** Ends an execution as ABORTED; one that has ended is left alone, as on AWS. */
  async stopExecution(arn: string, reason: { error?: string; cause?: string } = {}): Promise<{ stopDate: string }> {
    const entry = this.#opened().get(arn);
    if (!entry) throw new StatesServiceError("ExecutionDoesNotExist", `There is no execution ${arn}.`);
    const running = this.#running.get(arn);
    running?.execution.interrupt(new Interruption("stopped", reason.error, reason.cause));
    await running?.done;
    return { stopDate: this.#opened().get(arn)?.stopDate ?? new Date(this.#clock.now()).toISOString() };
  }

  /**
   * Resolves when the execution has ended.
   * @throws MediaError `storage.unavailable` when its journal cannot be written.
   */
  async wait(arn: string): Promise<ExecutionDescription> {
    await this.#running.get(arn)?.done;
    return await this.describeExecution(arn);
  }

  describeStateMachine(nameOrArn: string): MachineDescription {
    const name = machineName(nameOrArn);
    const definition = JSON.stringify(this.#machine(name));
    return { stateMachineArn: stateMachineArn(this.partition, name), name, definition, creationDate: this.#openedAt };
  }

  listStateMachines(): MachineDescription[] {
    return [...this.#machines.keys()].map((name) => this.describeStateMachine(name));
  }

  /** Stops without ending executions: the next `open` resumes them. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#closed.abort();
    await Promise.allSettled([...this.#starting.values()].map(({ reply }) => reply));
    const running = [...this.#running.values()];
    for (const { execution } of running) execution.interrupt(new Interruption("suspended"));
    await Promise.allSettled(running.map(({ done }) => done));
    await this.#index?.close();
  }

  #opened(): ExecutionIndex {
    if (!this.#index) throw new Error("StatesService.open has not been called");
    return this.#index;
  }

  #machine(name: string): StateMachine {
    const machine = this.#machines.get(name);
    if (!machine) throw new StatesServiceError("StateMachineDoesNotExist", `There is no state machine "${name}".`);
    return machine;
  }

  /** What is read from a journal must be in its file: waits for what is still on its way. */
  async #settle(arn?: string): Promise<void> {
    const journals = [...this.#running].filter(([key]) => arn === undefined || key === arn || !this.#index?.get(arn));
    await Promise.allSettled(journals.map(([, { journal }]) => journal.flush()));
  }

  async #launch(
    entry: Omit<ExecutionEntry, "status">,
    definition: StateMachine,
    inputText: string,
  ): Promise<StartReply> {
    const index = this.#opened();
    const path = index.journalPath(entry);
    const journal = await Journal.open<JournalRecord>(path, { openFile: this.#openFile });
    const input = JSON.parse(inputText) as Json;
    const execution = Execution.begin(this.#host(journal, path), { ...entry, definition, input });
    const written = Promise.all([index.start(entry), journal.flush()]);
    try {
      return await this.#register(execution, journal, written).reply;
    } catch (error) {
      // It was refused: its name is free, and no later start may find it.
      await rm(path, { force: true });
      index.forget(entry.arn);
      throw error;
    }
  }

  #register(execution: Execution, journal: Journal<JournalRecord>, written: Promise<unknown>): Running {
    const { arn, startedAt } = execution.identity;
    const reply = written.then(() => ({ executionArn: arn, startDate: startedAt }));
    const done = this.#finish(execution, journal, reply);
    // Whoever waits hears of a failure; nobody has to wait. What was refused at its start is not tried again.
    done.catch(() => reply.then(() => this.#takeUpAgain(arn))).catch(() => {});
    const running = { execution, journal, inputText: execution.inputText, reply, done };
    this.#running.set(arn, running);
    return running;
  }

  async #finish(execution: Execution, journal: Journal<JournalRecord>, started: Promise<unknown>): Promise<void> {
    const { arn } = execution.identity;
    try {
      await started;
      const ended = await execution.run();
      if (!ended) return;
      this.#end(execution.identity, ended, execution.stoppedAt);
    } catch (error) {
      this.#options.onStalled?.(arn, error as Error);
      throw error;
    } finally {
      this.#running.delete(arn);
      await journal.close().catch(() => {});
    }
  }

  /** Takes an execution whose journal the disk refused up again, as a restart would, as soon as the disk takes lines. */
  async #takeUpAgain(arn: string): Promise<void> {
    const { signal } = this.#closed;
    for (let pauseMs = 1000; ; pauseMs = Math.min(2 * pauseMs, 60_000)) {
      await this.#clock.sleep(pauseMs, signal);
      const entry = this.#opened().get(arn);
      if (entry?.status !== "RUNNING" || this.#running.has(arn)) return;
      try {
        await this.#opened().flush();
        await this.#resume(entry);
        return;
      } catch {
        // The reason is known already; nothing is lost by asking again.
      }
    }
  }

  async #resume(entry: ExecutionEntry): Promise<boolean> {
    const index = this.#opened();
    const path = index.journalPath(entry);
    const left = await readLeftover(path);
    if (left.kind === "unborn") {
      await rm(path, { force: true });
      index.forget(entry.arn);
      return false;
    }
    if (left.kind === "damaged") {
      await this.#giveUp(entry, path, `${left.reason} Start the job again.`);
      return false;
    }
    if (left.kind === "ended") {
      this.#end(entry, left.ended, left.stopDate ?? entry.startDate);
      return false;
    }
    const journal = await Journal.open<JournalRecord>(path, { openFile: this.#openFile });
    // No step runs whose end could not be written down.
    journal.append({ scope: "", events: [] });
    await journal.flush();
    const execution = Execution.resume(this.#host(journal, path), left);
    this.#register(execution, journal, Promise.resolve());
    return true;
  }

  /** An execution whose journal cannot be read ends as FAILED; the journal is left as evidence, with its end behind it. */
  async #giveUp(entry: ExecutionEntry, path: string, cause: string): Promise<void> {
    const journal = await Journal.open<JournalRecord>(path, { openFile: this.#openFile });
    const ended = { status: "FAILED" as const, error: "States.Runtime", cause };
    const timestamp = new Date(this.#clock.now()).toISOString();
    journal.append({ scope: "", events: [{ id: 0, previousEventId: 0, timestamp, ...endEvent(ended) }], ended });
    await journal.close();
    this.#end(entry, ended, timestamp);
  }

  #end({ arn, name }: { arn: string; name: string }, ended: Ended, stopDate: string): void {
    const telling = this.#options.onEnd?.({ executionArn: arn, name, ...ended });
    this.#opened().end(arn, ended.status, stopDate, telling);
  }

  async #tellAgain({ arn, name, status, stopDate = "" }: ExecutionEntry): Promise<void> {
    const ended = await readEnd(this.#opened().journalPath({ arn, name }));
    this.#end({ arn, name }, { ...ended, status: status as EndStatus }, stopDate);
  }

  #host(journal: Journal<JournalRecord>, journalPath: string): ExecutionHost {
    const { invoke, objects, onEvent, maxConcurrency } = this.#options;
    if (this.#closing)
      throw new MediaError("storage.unavailable", "The host is closing. Start the execution again when it is back.");
    return {
      clock: this.#clock,
      partition: this.partition,
      invoke,
      objects,
      journal,
      journalPath,
      maxConcurrency: maxConcurrency ?? Number.POSITIVE_INFINITY,
      ...(onEvent ? { onEvent } : {}),
      onMapRun: (entry) => this.#opened().addMapRun(entry),
    };
  }
}
