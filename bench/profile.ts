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
    /** Of all runs the shortest, milliseconds. Ends the session. */
    async leastMs(): Promise<number> {
      session.endProfiling();
      await session.release();
      const [file = ""] = await readdir(directory);
      const events = JSON.parse(await readFile(join(directory, file), "utf8")) as { name: string; dur: number }[];
      await rm(directory, { recursive: true });
      return Math.min(...events.filter(({ name }) => name === "model_run").map(({ dur }) => dur)) / 1000;
    },
  };
}
