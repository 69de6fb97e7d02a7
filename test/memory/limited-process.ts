import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { allocatorOf } from "../../layers/inference/index.ts";
import { detectLimiter } from "../../stacks/local/lambda/index.ts";

export type LimitedRun = { status: number | null; signal: NodeJS.Signals | null; output: string; oomKills: number };

/**
 * Runs a program of this project under a memory limit of the kernel's, with the OOM killer on, in the environment of the functions that
 * run models.
 * @param options.patienceMs after so long it is killed
 * @throws where this machine allows no control group: a run without a limit would prove nothing
 */
export async function runLimited(
  program: string,
  args: readonly string[],
  limitMiB: number,
  { patienceMs = 3_600_000 }: { patienceMs?: number } = {},
): Promise<LimitedRun> {
  const name = `halfgig-memory-${process.pid}-${Date.now()}`;
  const limiter = await detectLimiter("auto", `${name}-probe`);
  if (limiter.kind === "poll") throw new Error(`These tests need a control group: ${limiter.reason}.`);
  const group = limiter.create(name, limitMiB * 2 ** 20);
  try {
    const enter = 'echo $$ > "$0" && exec "$@"';
    const command = [process.execPath, "--max-semi-space-size=1", "--expose-gc", program, ...args];
    const child = spawn("/bin/sh", ["-c", enter, group.entryFile ?? "", ...command], {
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        PATH: process.env.PATH,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(limitMiB),
        ...allocatorOf(limitMiB),
      },
    });
    const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
      child.once("close", (status, signal) => resolve([status, signal])),
    );
    const timer = setTimeout(() => group.kill(), patienceMs);
    const output = await text(child.stdout);
    const [status, signal] = await ended;
    clearTimeout(timer);
    return { status, signal, output, oomKills: group.sample()?.oomKills ?? 0 };
  } finally {
    await group.remove();
  }
}
