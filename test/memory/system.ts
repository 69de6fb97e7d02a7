import { readFileSync } from "node:fs";
import { join } from "node:path";
import { treeMemoryMiB } from "../../stacks/local/system/index.ts";

/** What a service under one limit took, seen from outside. Dispose it to stop looking. */
export class SystemPeak implements Disposable {
  peakMiB = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number) {
    const read = () => {
      this.peakMiB = Math.max(this.peakMiB, treeMemoryMiB(pid));
    };
    this.#timer = setInterval(read, 100);
    read();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** The control group that `serve --memory` says it made; undefined where the machine allows none. */
export function systemGroup(output: string): string | undefined {
  return /everything is in (\S+)/.exec(output)?.[1];
}

/** What the kernel says of the group: its limit, and how often it had to kill in it. */
export function groupState(folder: string): { limitMiB: number; oomKills: number; oomKillDisabled: boolean } {
  const read = (file: string) => readFileSync(join(folder, file), "utf8");
  const version1 = folder.includes("/memory/");
  const events = version1 ? read("memory.oom_control") : read("memory.events");
  return {
    limitMiB: Number(read(version1 ? "memory.limit_in_bytes" : "memory.max")) / 2 ** 20,
    oomKills: Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0),
    oomKillDisabled: /^oom_kill_disable 1$/m.test(events),
  };
}
