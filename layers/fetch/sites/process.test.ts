import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Program } from "./process.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-program-"));
});
afterAll(() => rm(directory, { recursive: true }));

const options = () => ({ environment: { PATH: "/usr/bin:/bin" }, directory, timeoutMs: 30_000 });
const alive = (pid: number) =>
  existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));

async function gone(pid: number): Promise<void> {
  while (alive(pid)) await sleep(10);
}

/** Says its child's id, and waits. */
const family = ["/bin/sh", "-c", "sleep 1000 & echo $!; wait"];

async function childOf(program: Program): Promise<number> {
  for await (const chunk of program.stdout) return Number(String(chunk));
  throw new Error("it said nothing");
}

describe("a program", () => {
  it("ends with its output and status", async () => {
    await using program = new Program(["/bin/sh", "-c", "echo out; echo why >&2; exit 3"], options());
    expect(await text(program.stdout)).toBe("out\n");
    expect(await program.exit).toBe(3);
    expect(program.complaints).toBe("why\n");
  });

  it("says so where it is not there", async () => {
    await using program = new Program([join(directory, "absent")], options());
    const message = expect.stringMatching(/absent could not be started\.$/);
    await expect(program.exit).rejects.toMatchObject({ code: "config.invalid", message });
  });

  it("is killed with what it started when it is disposed of", async () => {
    const program = new Program(family, options());
    const child = await childOf(program);
    expect(alive(child)).toBe(true);
    await program[Symbol.asyncDispose]();
    await gone(child);
    expect(alive(child)).toBe(false);
  });

  it("is killed by the clock", async () => {
    await using program = new Program(family, { ...options(), timeoutMs: 50 });
    expect(await program.exit).toBeNull();
    expect(program.timedOut).toBe(true);
  });

  it("dies with a parent that is killed", async () => {
    const module = JSON.stringify(join(import.meta.dirname, "process.ts"));
    const script = `import { Program } from ${module};
      const program = new Program(${JSON.stringify(family)}, ${JSON.stringify(options())});
      for await (const chunk of program.stdout) process.stdout.write(chunk);`;
    const parent = spawn(process.execPath, ["--input-type=module-typescript", "-e", script]);
    const child = await new Promise<number>((resolve) => parent.stdout.once("data", (data) => resolve(Number(data))));
    expect(alive(child)).toBe(true);
    parent.kill("SIGKILL");
    await gone(child);
    expect(alive(child)).toBe(false);
  });
});
