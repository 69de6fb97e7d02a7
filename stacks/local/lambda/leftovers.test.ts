import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { until, Workshop } from "./fixtures.ts";
import { LambdaHost } from "./index.ts";
import { bootId, isSameProcess, readProcessStat } from "./process-tree.ts";

const runs = (pid: number) => isSameProcess(pid, readProcessStat(pid)?.startTicks ?? -1);

/** Starts a host in a process of its own and a call on it; resolves when the function has written its pids. */
async function startHost(
  shop: Workshop,
  source: string,
  limiter: string,
): Promise<{ child: ChildProcess; pids: number[] }> {
  const pidFile = join(shop.directory, `pids-${limiter}`);
  const fn = shop.fn("busy", source, { timeoutSeconds: 60, environment: { PID_FILE: pidFile } });
  const script = `import { LambdaHost } from ${JSON.stringify(join(import.meta.dirname, "index.ts"))};
    const host = new LambdaHost(${JSON.stringify({ directory: join(shop.directory, "host"), functions: [fn], limiter })});
    await host.open(); await host.invoke("busy", {});`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  await until(() => existsSync(pidFile) && readFileSync(pidFile, "utf8").endsWith("\n"));
  return { child, pids: readFileSync(pidFile, "utf8").trim().split(" ").map(Number) };
}

const announce = `import { spawn } from "node:child_process"; import { writeFileSync } from "node:fs";
  const child = spawn("sleep", ["300"]); const loner = spawn("sleep", ["300"], { detached: true, stdio: "ignore" });
  writeFileSync(process.env.PID_FILE, [process.pid, child.pid, loner.pid].join(" ") + "\\n");`;

describe("what a killed host leaves behind", () => {
  it.each([
    ["waits", "await new Promise((resolve) => setTimeout(resolve, 300000))", "auto"],
    ["is inside a native call", "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)", "auto"],
    ["is only watched by polling", "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)", "poll"],
  ])("ends by itself while the function %s, and the next host removes the rest", async (_name, wait, limiter) => {
    await using shop = new Workshop();
    const source = `${announce} export const handler = async () => { ${wait}; };`;
    const { child, pids } = await startHost(shop, source, limiter);
    expect(pids.map(runs)).toEqual([true, true, true]);
    child.kill("SIGKILL");
    await once(child, "exit");
    await until(() => !pids.slice(0, 2).some(runs));

    // A process that made a session of its own is out of the watchdog's reach, but not of the next host's.
    const directory = join(shop.directory, "host");
    const next = new LambdaHost({ directory, functions: [] });
    const [id] = readdirSync(join(directory, "environments"));
    const record = JSON.parse(readFileSync(join(directory, "environments", `${id?.split(".")[0]}.json`), "utf8")) as {
      groupPath?: string;
    };
    expect((await next.open()).reaped).toBe(1);
    await until(() => !pids.some(runs));
    expect(readdirSync(join(directory, "environments"))).toEqual([]);
    expect(record.groupPath === undefined || !existsSync(record.groupPath)).toBe(true);
    await next.close();
  });

  it.each([
    ["a pid that was given to a stranger", 1, true],
    ["the living processes of another host", 0, false],
  ])("never takes %s for its own", async (_name, tickShift, hostIsDead) => {
    await using shop = new Workshop();
    const stranger = spawn("sleep", ["300"], { detached: true });
    const pid = stranger.pid ?? 0;
    const self = { pid: process.pid, startTicks: readProcessStat(process.pid)?.startTicks };
    const folder = join(shop.directory, "host", "environments");
    mkdirSync(folder, { recursive: true });
    const record = {
      bootId: bootId(),
      host: hostIsDead ? { ...self, startTicks: 1 } : self,
      runtime: { pid, startTicks: (readProcessStat(pid)?.startTicks ?? 0) + tickShift },
      tmpFolder: join(folder, "old"),
    };
    writeFileSync(join(folder, "old.json"), JSON.stringify(record));
    const host = await shop.host([]);
    expect(runs(pid)).toBe(true);
    expect(existsSync(join(folder, "old.json"))).toBe(!hostIsDead);
    expect(host.status()).toEqual({});
    stranger.kill("SIGKILL");
  });
});
