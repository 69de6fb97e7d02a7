import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { HostPlan } from "./faults/plan.ts";

export type VictimOptions = {
  dataDirectory: string;
  modelsDirectory: string;
  bundleCache: string;
  /** The file of a `Plan` for the functions. */
  functionPlan?: string | undefined;
  /** `host:port` that jobs may fetch from. */
  site?: string;
};

export type HostAddresses = { api: string; token: string };

/** A host that did not start, and said why. */
export class Refused extends Error {}

/** A host's process. It may be dead at any time; `addresses` stay what they were. */
export class Victim {
  readonly addresses: HostAddresses;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #errors: string[];

  private constructor(child: ChildProcess, exited: Promise<unknown>, addresses: HostAddresses, errors: string[]) {
    this.#child = child;
    this.#exited = exited;
    this.addresses = addresses;
    this.#errors = errors;
  }

  /**
   * @returns undefined when it was killed before it was ready
   * @throws Refused
   */
  static async start(options: VictimOptions, plan?: HostPlan): Promise<Victim | undefined> {
    const preload = plan ? ["--import", join(import.meta.dirname, "faults", "host-preload.ts")] : [];
    const child = spawn(
      process.execPath,
      [...preload, join(import.meta.dirname, "victim.ts"), JSON.stringify(options)],
      {
        env: {
          ...process.env,
          NODE_COMPILE_CACHE: join(tmpdir(), "halfgig-crash-compiled"),
          ...(plan ? { HALFGIG_FAULT_PLAN: JSON.stringify(plan) } : {}),
        },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    const exited = once(child, "exit");
    const errors: string[] = [];
    child.stderr.setEncoding("utf8").on("data", (text: string) => void errors.push(text));
    const lines = createInterface({ input: child.stdout });
    const first = await Promise.race([
      once(lines, "line").then(([line]) => String(line)),
      exited.then(() => undefined),
    ]);
    if (first === undefined) {
      if (child.signalCode === "SIGKILL") return undefined;
      throw new Refused(`the host ended with ${child.exitCode ?? child.signalCode}: ${errors.join("").slice(-2000)}`);
    }
    const message = JSON.parse(first) as HostAddresses | { refused: string };
    if ("refused" in message) {
      await exited;
      throw new Refused(message.refused);
    }
    return new Victim(child, exited, message, errors);
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What it wrote to stderr. */
  get notices(): string {
    return this.#errors.join("");
  }

  /** How it ended, once it has. */
  get ending(): string {
    return String(this.#child.signalCode ?? this.#child.exitCode);
  }

  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    if (this.isAlive) this.#child.kill(signal);
    await this.#exited;
  }
}
