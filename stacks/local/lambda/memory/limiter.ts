/** One reading of a memory group. Counters only grow; what the kernel does not tell is undefined. */
export type MemorySample = {
  usageBytes: number;
  majorFaults: number;
  /** File pages that had to be read back after being evicted. */
  refaultPages?: number;
  /** Processes of the group that the kernel killed for memory. */
  oomKills: number;
};

/** The memory limit around one execution environment's process tree. */
export type MemoryGroup = {
  readonly limitBytes: number;
  /** The file into which the starting shell writes its pid before it becomes the runtime; undefined when polling. */
  readonly entryFile?: string;
  /** The group's folder, kept on record so that a later host can remove it. */
  readonly path?: string;
  /** Members, or undefined where only the process tree can tell. */
  processes(): number[] | undefined;
  /** What the kernel counts, or undefined where it counts nothing for us. */
  sample(): MemorySample | undefined;
  kill(): void;
  remove(): Promise<void>;
};

/**
 * A way to hold process trees to a limit. Each compares the tree's resident memory with the limit every 25 ms;
 * with `poll` that is all, and it overshoots by a few MiB. `cgroup2` and `cgroup1` are enforced by the kernel besides.
 */
export type MemoryLimiter = {
  readonly kind: "cgroup2" | "cgroup1" | "poll";
  /** Why this kind is in use, for the person who starts the host. */
  readonly reason: string;
  create(id: string, limitBytes: number): MemoryGroup;
};

export const pollLimiter = (reason: string): MemoryLimiter => ({
  kind: "poll",
  reason,
  create: (_id, limitBytes) => ({
    limitBytes,
    processes: () => undefined,
    sample: () => undefined,
    kill() {},
    remove: async () => {},
  }),
});
