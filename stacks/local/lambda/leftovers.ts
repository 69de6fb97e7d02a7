import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { killStrays, signalGroup } from "./child-process.ts";
import { removeGroup } from "./memory/index.ts";
import { bootId, isSameProcess, readProcessStat } from "./process-tree.ts";

type ProcessIdentity = { pid: number; startTicks: number };

/** What a later host must know to clean up after one that was killed. */
type EnvironmentRecord = {
  bootId: string;
  host: ProcessIdentity;
  runtime?: ProcessIdentity;
  tmpFolder: string;
  groupPath?: string;
};

/** The folder in which every living execution environment has a record and a temporary folder. */
export class EnvironmentRecords {
  readonly #folder: string;
  readonly #host: ProcessIdentity;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#host = identityOf(process.pid);
  }

  /** Makes the temporary folder of a new environment. */
  createTmp(id: string): string {
    const tmpFolder = this.#tmpFolder(id);
    mkdirSync(tmpFolder, { recursive: true, mode: 0o700 });
    return tmpFolder;
  }

  /** Puts an environment on record: once before its process starts, and again when the pid is known. */
  write(id: string, groupPath: string | undefined, pid?: number): void {
    const record: EnvironmentRecord = {
      bootId: bootId(),
      host: this.#host,
      tmpFolder: this.#tmpFolder(id),
      ...(pid === undefined ? {} : { runtime: identityOf(pid) }),
      ...(groupPath === undefined ? {} : { groupPath }),
    };
    // A half-written record would hide a process from the next host.
    writeFileSync(this.#file(id, "tmp.json"), JSON.stringify(record));
    renameSync(this.#file(id, "tmp.json"), this.#file(id));
  }

  remove(id: string): void {
    rmSync(this.#tmpFolder(id), { recursive: true, force: true, maxRetries: 3 });
    rmSync(this.#file(id), { force: true });
  }

  /** Ends and removes the environments of hosts that no longer run. @returns how many there were */
  async reap(): Promise<number> {
    let reaped = 0;
    for (const name of readdirSync(this.#folder)) {
      const id = name.split(".")[0] ?? name;
      const record = this.#read(id);
      if (record && record.bootId === bootId() && isSameProcess(record.host.pid, record.host.startTicks)) continue;
      if (record?.bootId === bootId()) await endProcesses(record);
      if (record) reaped++;
      this.remove(id);
      rmSync(this.#file(id, "tmp.json"), { force: true });
    }
    return reaped;
  }

  #read(id: string): EnvironmentRecord | undefined {
    const file = this.#file(id);
    if (!existsSync(file)) return undefined;
    try {
      return JSON.parse(readFileSync(file, "utf8")) as EnvironmentRecord;
    } catch {
      return undefined;
    }
  }

  #tmpFolder = (id: string) => join(this.#folder, id);
  #file = (id: string, suffix = "json") => join(this.#folder, `${id}.${suffix}`);
}

async function endProcesses(record: EnvironmentRecord): Promise<void> {
  const { runtime } = record;
  // A pid alone proves nothing: it may have been given to a stranger since.
  if (runtime && isSameProcess(runtime.pid, runtime.startTicks)) signalGroup(runtime.pid, "SIGKILL");
  if (record.groupPath) await removeGroup(record.groupPath);
  killStrays(record.tmpFolder);
}

function identityOf(pid: number): ProcessIdentity {
  return { pid, startTicks: readProcessStat(pid)?.startTicks ?? 0 };
}
