import { createHash } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { MapRunEntry } from "./host.ts";
import { Journal, type OpenAppendFile } from "./journal/journal.ts";
import { readRecords, recoverRecords } from "./journal/reader.ts";
import type { EndStatus, ExecutionStatus, JournalRecord } from "./journal/record.ts";

/** "Execution history retention time: 90 days" (Step Functions service quotas, standard workflows). */
const retentionMs = 90 * 24 * 3600 * 1000;

export type ExecutionEntry = {
  arn: string;
  machine: string;
  name: string;
  status: ExecutionStatus;
  startDate: string;
  stopDate?: string;
  /** Its end is still being told. */
  untold?: true;
};

type IndexLine =
  | { started: Omit<ExecutionEntry, "status" | "stopDate" | "untold"> }
  | { ended: { arn: string; status: EndStatus; stopDate: string; untold?: true } }
  | { told: { arn: string } }
  | { forgotten: { arn: string } }
  | { mapRun: MapRunEntry };

/**
 * What there is: a few hundred bytes per execution and per map run, in memory and in one file. Everything else about an
 * execution is in its journal and is read from there. Where the two disagree after a crash, the journal is right.
 */
export class ExecutionIndex {
  readonly #entries = new Map<string, ExecutionEntry>();
  readonly #mapRuns = new Map<string, MapRunEntry>();
  readonly #journal: Journal<IndexLine>;
  readonly #directory: string;

  private constructor(directory: string, journal: Journal<IndexLine>) {
    this.#directory = directory;
    this.#journal = journal;
  }

  static async open(directory: string, openFile: OpenAppendFile): Promise<ExecutionIndex> {
    await mkdir(join(directory, "executions"), { recursive: true });
    const path = join(directory, "index.jsonl");
    const journal = await Journal.open<IndexLine>(path, { openFile, keepsRefused: true });
    const index = new ExecutionIndex(directory, journal);
    for await (const line of recoverRecords<IndexLine>(path)) index.#apply(line);
    await index.#adopt();
    return index;
  }

  get(arn: string): ExecutionEntry | undefined {
    return this.#entries.get(arn);
  }

  mapRun(uuid: string): MapRunEntry | undefined {
    return this.#mapRuns.get(uuid);
  }

  /** In the order of their starts. */
  all(): IterableIterator<ExecutionEntry> {
    return this.#entries.values();
  }

  async start(entry: Omit<ExecutionEntry, "status">): Promise<void> {
    this.#append({ started: entry });
    await this.#journal.flush();
  }

  /** @param telling resolves to whether the end has been told; without it there is nobody to tell */
  end(arn: string, status: EndStatus, stopDate: string, telling?: Promise<boolean> | undefined): void {
    this.#append({ ended: { arn, status, stopDate, ...(telling ? { untold: true } : {}) } });
    // An index that is closed by then says so at its next opening.
    void telling?.then((told) => told && this.#append({ told: { arn } })).catch(() => undefined);
  }

  forget(arn: string): void {
    this.#append({ forgotten: { arn } });
  }

  addMapRun(entry: MapRunEntry): void {
    if (!this.#mapRuns.has(entry.uuid)) this.#append({ mapRun: entry });
  }

  journalPath({ arn, name }: { arn: string; name: string }): string {
    // Names that differ only in case, or that a file system reads differently, must not share a file.
    const isPlain = /^[a-z0-9_][a-z0-9._-]{0,79}$/.test(name);
    const digest = createHash("sha256").update(arn).digest("hex");
    return join(this.#directory, "executions", `${isPlain ? name : "execution"}~${digest.slice(0, 24)}.jsonl`);
  }

  /**
   * Forgets executions that ended long ago, journals first: a name that is gone from here must find no journal of an earlier run.
   * @returns how many there were
   */
  async removeExpired(nowMs: number): Promise<number> {
    const endedBeforeMs = nowMs - retentionMs;
    const old = [...this.#entries.values()].filter(
      ({ stopDate }) => stopDate !== undefined && Date.parse(stopDate) < endedBeforeMs,
    );
    for (const entry of old) {
      await rm(this.journalPath(entry), { force: true });
      this.forget(entry.arn);
    }
    await this.#journal.flush();
    return old.length;
  }

  /** @throws MediaError `storage.unavailable` */
  async flush(): Promise<void> {
    await this.#journal.flush();
  }

  async close(): Promise<void> {
    await this.#journal.close();
  }

  #append(line: IndexLine): void {
    this.#apply(line);
    this.#journal.append(line);
  }

  #apply(line: IndexLine): void {
    if ("started" in line) this.#entries.set(line.started.arn, { ...line.started, status: "RUNNING" });
    else if ("forgotten" in line) this.#drop(line.forgotten.arn);
    else if ("mapRun" in line) this.#mapRuns.set(line.mapRun.uuid, line.mapRun);
    else if ("ended" in line) {
      const entry = this.#entries.get(line.ended.arn);
      if (entry) this.#entries.set(entry.arn, { ...entry, ...line.ended });
    } else if ("told" in line) {
      const entry = this.#entries.get(line.told.arn);
      if (entry) delete entry.untold;
    }
  }

  #drop(arn: string): void {
    this.#entries.delete(arn);
    for (const [uuid, { execution }] of this.#mapRuns) if (execution === arn) this.#mapRuns.delete(uuid);
  }

  /** Journals that were written before their line in the index; what never got its first line is swept away. */
  async #adopt(): Promise<void> {
    const known = new Set([...this.#entries.values()].map((entry) => this.journalPath(entry)));
    for (const file of await readdir(join(this.#directory, "executions"))) {
      const path = join(this.#directory, "executions", file);
      if (known.has(path) || !file.endsWith(".jsonl")) continue;
      const first = await firstRecord(path);
      const startDate = first?.events[0]?.timestamp;
      if (first?.started && startDate) {
        const { arn, machine, name } = first.started;
        this.#append({ started: { arn, machine, name, startDate } });
      } else await rm(path);
    }
  }
}

async function firstRecord(path: string): Promise<JournalRecord | undefined> {
  for await (const record of readRecords<JournalRecord>(path)) return record;
  return undefined;
}
