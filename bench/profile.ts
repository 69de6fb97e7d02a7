import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InferenceSession, Tensor } from "onnxruntime-node";

/** A model whose runs are timed by onnxruntime itself, from the first node to the last: without what JavaScript makes of its outputs. */
export async function openProfiled(path: string) {
  const { InferenceSession: Sessions } = createRequire(import.meta.url)("onnxruntime-node") as {
    InferenceSession: typeof InferenceSession;
  };
  const directory = await mkdtemp(join(tmpdir(), "halfgig-profile-"));
  const session = await Sessions.create(path, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "extended",
    enableMemPattern: false,
    enableCpuMemArena: true,
    enableProfiling: true,
    profileFilePrefix: join(directory, "run"),
  });
  return {
    async run(feeds: Readonly<Record<string, Tensor>>): Promise<void> {
      for (const output of Object.values(await session.run(feeds))) output.dispose();
    },
    /** Milliseconds: of all runs the shortest, and by kind of node the sum of each one's shortest. Ends the session. */
    async least(): Promise<{ graphMs: number; nodesMs: Record<string, number> }> {
      session.endProfiling();
      await session.release();
      const [file = ""] = await readdir(directory);
      const events = JSON.parse(await readFile(join(directory, file), "utf8")) as ProfileEvent[];
      await rm(directory, { recursive: true });
      const runs = events.filter(({ name }) => name === "model_run").map(({ dur }) => dur);
      return { graphMs: Math.min(...runs) / 1000, nodesMs: byKind(events) };
    },
  };
}

/** What is used of onnxruntime's events; `dur` is in microseconds. */
type ProfileEvent = { name: string; dur: number; args?: { op_name?: string } };

function byKind(events: readonly ProfileEvent[]): Record<string, number> {
  const nodes = new Map<string, { kind: string; dur: number }>();
  for (const { name, dur, args } of events) {
    if (!name.endsWith("_kernel_time")) continue;
    nodes.set(name, { kind: args?.op_name ?? name, dur: Math.min(dur, nodes.get(name)?.dur ?? dur) });
  }
  const sums = new Map<string, number>();
  for (const { kind, dur } of nodes.values()) sums.set(kind, (sums.get(kind) ?? 0) + dur);
  const sorted = [...sums].sort(([, a], [, b]) => b - a);
  return Object.fromEntries(sorted.map(([kind, dur]) => [kind, Math.round(dur / 10) / 100]));
}
