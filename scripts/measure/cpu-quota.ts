import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const periodMicroseconds = 100_000;

/** A share of the processor for child processes: Lambda's share at 512 MB is 0.289 of a core. */
export type CpuQuota = AsyncDisposable & { readonly share: number; enter(pid: number): void };

/**
 * A control group that gives its processes `share` of a core, by cgroup v2 or v1.
 * @returns undefined where this process may not create one
 */
export function cpuQuota(share: number): CpuQuota | undefined {
  const name = `halfgig-measure-${process.pid}-${Math.round(share * 1000)}`;
  const quota = Math.round(share * periodMicroseconds);
  const kinds = [
    { parent: "/sys/fs/cgroup/cpu", files: { "cpu.cfs_period_us": periodMicroseconds, "cpu.cfs_quota_us": quota } },
    { parent: "/sys/fs/cgroup", files: { "cpu.max": `${quota} ${periodMicroseconds}` } },
  ];
  for (const { parent, files } of kinds) {
    const folder = `${parent}/${name}`;
    try {
      mkdirSync(folder);
      for (const [file, value] of Object.entries(files)) {
        if (!existsSync(`${folder}/${file}`)) throw new Error(`${file} is not there`);
        writeFileSync(`${folder}/${file}`, String(value));
      }
    } catch {
      if (existsSync(folder)) rmdirSync(folder);
      continue;
    }
    return {
      share,
      enter: (pid) => writeFileSync(`${folder}/cgroup.procs`, String(pid)),
      async [Symbol.asyncDispose]() {
        // A group stays busy for a moment after its last process has ended.
        for (let attempt = 0; attempt < 100; attempt++) {
          try {
            return rmdirSync(folder);
          } catch {
            await sleep(20);
          }
        }
      },
    };
  }
  return undefined;
}
