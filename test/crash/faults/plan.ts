/**
 * What happens to a process at its n-th step, counted from 1.
 * `before`, `after` and `torn` (half of what is written) end in SIGKILL; `full` and `readonly` refuse that step and every later one, until
 * the file `room` appears in the plan's folder.
 */
export type Fault = { at: number; how: "before" | "after" | "torn" | "full" | "readonly" };

/** Where a process under test tells what it did, and what shall happen to it. Without a fault it only tells. */
export type Plan = {
  /** `steps.log` and `fired.log` are written here. */
  folder: string;
  fault?: Fault | undefined;
};

export type HostPlan = Plan & { dataDirectory: string };

/** The process ends here and now; nothing that it has under way in JavaScript goes on. */
export function die(): never {
  process.kill(process.pid, "SIGKILL");
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
