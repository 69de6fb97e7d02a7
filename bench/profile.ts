import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, type Tensor } from "../layers/inference/runtime.ts";
import { runtimeOptions } from "../layers/inference/session.ts";

/** Of one node: its kind, and the shortest of its times. */
export type NodeTime = { readonly kind: string; readonly ms: number };
/** The shortest of all runs in milliseconds, and of each node, known by its (first) output, the shortest of its own. */
export type LeastTimes = { readonly graphMs: number; readonly nodes: ReadonlyMap<string, NodeTime> };
export type Profiled = AsyncDisposable & {
  run(feeds: Readonly<Record<string, Tensor>>): Promise<void>;
  /** Ends the session. */
  least(): Promise<LeastTimes>;
};

/** A model whose runs are timed by onnxruntime itself, from the first node to the last: without what JavaScript makes of its outputs. */
export async function openProfiled(path: string): Promise<Profiled> {
  const directory = await mkdtemp(join(tmpdir(), "halfgig-profile-"));
  const session = await InferenceSession.create(path, {
    ...runtimeOptions({ threads: 1, arena: true }),
    enableProfiling: true,
    profileFilePrefix: join(directory, "run"),
  });
  let ended = false;
  const end = async () => {
    if (ended) return;
    ended = true;
    session.endProfiling();
    await session.release();
  };
  return {
    async run(feeds) {
      for (const output of Object.values(await session.run(feeds))) output.dispose();
    },
    async least() {
      await end();
      const [file = ""] = await readdir(directory);
      const events = JSON.parse(await readFile(join(directory, file), "utf8")) as ProfileEvent[];
      const runs = events.filter(({ name }) => name === "model_run").map(({ dur }) => dur);
      return { graphMs: Math.min(...runs) / 1000, nodes: byNode(events) };
    },
    async [Symbol.asyncDispose]() {
      await end();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** What is used of onnxruntime's events; `dur` is in microseconds. */
type ProfileEvent = { name: string; dur: number; args?: { op_name?: string } };

const suffix = "_kernel_time";

function byNode(events: readonly ProfileEvent[]): Map<string, NodeTime> {
  const nodes = new Map<string, NodeTime>();
  for (const { name, dur, args } of events) {
    if (!name.endsWith(suffix)) continue;
    const output = name.slice(0, -suffix.length);
    const ms = Math.min(dur / 1000, nodes.get(output)?.ms ?? Number.POSITIVE_INFINITY);
    nodes.set(output, { kind: args?.op_name ?? "", ms });
  }
  return nodes;
}

/** Milliseconds by kind of node, the most first. */
export function byKind(nodes: LeastTimes["nodes"]): Record<string, number> {
  const sums = new Map<string, number>();
  for (const { kind, ms } of nodes.values()) sums.set(kind, (sums.get(kind) ?? 0) + ms);
  const sorted = [...sums].sort(([, a], [, b]) => b - a);
  return Object.fromEntries(sorted.map(([kind, ms]) => [kind, Math.round(100 * ms) / 100]));
}
