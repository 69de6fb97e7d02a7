import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { allocator, nodeFlags } from "../../cli/node-settings.js";
import { processRssMiB, processTree } from "../../stacks/local/lambda/process-tree.ts";
import type { HostPlan } from "./host-process.ts";

const script = fileURLToPath(new URL("host-process.ts", import.meta.url));
const sampleEveryMs = 500;

export type Life = {
  /** Resident memory of the host, MiB, twice a second. */
  rssMiB: number[];
  /** What it used after a collection, MiB, every ten seconds. */
  inUseMiB: number[];
  /** How it ended. */
  ended?: "killed" | "stopped" | "died";
};

/** The host in one process after the other, all on the same data and the same ports. */
export class HostLives {
  readonly lives: Life[] = [];
  #child: ChildProcess | undefined;
  #exited: Promise<number | null> = Promise.resolve(null);
  #timer: NodeJS.Timeout | undefined;
  readonly #plan: HostPlan;
  token = "";

  constructor(plan: HostPlan) {
    this.#plan = plan;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#plan.ports.gateway}`;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async start(): Promise<void> {
    const { directory, clockFile } = this.#plan;
    const clock = new URL(`clock.ts?file=${encodeURIComponent(clockFile)}`, import.meta.url);
    // As `halfgig serve` runs: its memory is judged.
    const child = spawn(
      process.execPath,
      [...nodeFlags, "--expose-gc", "--import", clock.href, script, JSON.stringify(this.#plan)],
      {
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...allocator, ...process.env },
      },
    );
    const log = createWriteStream(join(directory, "host.log"), { flags: "a" });
    child.stderr.pipe(log);
    const life: Life = { rssMiB: [], inUseMiB: [] };
    this.#child = child;
    const end = () => child.kill("SIGKILL");
    process.once("exit", end);
    child.once("close", () => process.off("exit", end));
    this.#exited = new Promise((resolve) => child.once("close", resolve));
    const ready = Promise.withResolvers<string>();
    createInterface(child.stdout).on("line", (line) => {
      if (line.startsWith("ready ")) ready.resolve(line.slice("ready ".length));
      if (line.startsWith("in use ")) life.inUseMiB.push(Number(line.slice("in use ".length)));
    });
    const dead = this.#exited.then((status): never => {
      throw new Error(`the host ended with ${status} before it was ready`);
    });
    this.token = (JSON.parse(await Promise.race([ready.promise, dead])) as { token: string }).token;
    this.lives.push(life);
    this.#timer = setInterval(() => {
      const rssMiB = processRssMiB(child.pid ?? 0);
      if (rssMiB > 0) life.rssMiB.push(rssMiB);
    }, sampleEveryMs);
    void this.#exited.then(() => {
      life.ended ??= "died";
      log.end();
    });
  }

  /** Ends the host as a power cut would. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL", "killed");
  }

  /** @returns the exit status of a host that is asked to stop */
  async stop(): Promise<number | null> {
    return this.#end("SIGTERM", "stopped");
  }

  /** Ends one of the functions' processes. @returns whether there was one */
  killFunction(choose: (pids: readonly number[]) => number): boolean {
    const functions = processTree(this.pid).slice(1);
    if (functions.length === 0 || this.pid === 0) return false;
    try {
      process.kill(choose(functions), "SIGKILL");
      return true;
    } catch {
      // It has ended by itself in this moment.
      return false;
    }
  }

  async #end(signal: NodeJS.Signals, how: "killed" | "stopped"): Promise<number | null> {
    const life = this.lives.at(-1);
    if (life) life.ended ??= how;
    clearInterval(this.#timer);
    this.#child?.kill(signal);
    const status = await this.#exited;
    // Its functions notice that it has gone by themselves.
    await sleep(100);
    return status;
  }
}
