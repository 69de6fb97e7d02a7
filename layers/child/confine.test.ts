import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type ChildLimits, confine, couldNotExecute } from "./confine.ts";

const limits: ChildLimits = { cpuSeconds: 1, addressSpaceMiB: 256, fileMiB: 1, openFiles: 16 };

function start(script: string, { wholeGroup = true, change = {} as Partial<ChildLimits> } = {}) {
  const { file, args, watchedBy } = confine(
    ["/bin/sh", "-c", script],
    { ...limits, ...change },
    { pipe: 3, wholeGroup },
  );
  const child = spawn(file, args, { env: {}, detached: true, stdio: ["ignore", "pipe", "pipe", "pipe"] });
  child.stdio[3]?.on("error", () => undefined);
  // The watcher ends when its pipe does.
  child.once("exit", () => child.stdio[3]?.destroy());
  return { child, watchedBy };
}

const alive = (pid: number) =>
  existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));

describe.each([
  ["with a watcher", true],
  ["by the kernel", false],
])("a confined program, %s", (_, wholeGroup) => {
  it("is what /proc says: its own group, its limits, no new rights, none of our environment", async () => {
    process.env.AWS_SECRET_ACCESS_KEY ??= "a-secret";
    const { child } = start("exec sleep 30", { wholeGroup });
    const pid = child.pid!;
    await expect.poll(() => readFileSync(`/proc/${pid}/comm`, "utf8").trim()).toBe("sleep");
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
    expect(stat[2]).toBe(String(pid));
    const kept = readFileSync(`/proc/${pid}/limits`, "utf8");
    const limit = (name: string) => new RegExp(`^Max ${name} +(\\d+) +(\\d+)`, "m").exec(kept)?.slice(1);
    expect(limit("cpu time")).toEqual(["1", "1"]);
    expect(limit("address space")).toEqual([String(256 << 20), String(256 << 20)]);
    expect(limit("file size")).toEqual([String(1 << 20), String(1 << 20)]);
    expect(limit("open files")).toEqual(["16", "16"]);
    expect(limit("core file size")).toEqual(["0", "0"]);
    const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").filter(Boolean);
    const names = environment.map((one) => one.split("=")[0] ?? "");
    expect(names.filter((name) => !["PWD", "OLDPWD", "SHLVL", "_"].includes(name))).toEqual([]);
    if (existsSync("/usr/bin/setpriv")) {
      expect(readFileSync(`/proc/${pid}/status`, "utf8")).toMatch(/^NoNewPrivs:\s+1$/m);
    }
    process.kill(-pid, "SIGKILL");
    await once(child, "exit");
  });

  it("dies with a parent that is killed", async () => {
    const module = JSON.stringify(join(import.meta.dirname, "confine.ts"));
    const script = `import { spawn } from "node:child_process";
      import { confine } from ${module};
      const { file, args } = confine(["/bin/sleep", "1000"], ${JSON.stringify(limits)}, { pipe: 3, wholeGroup: ${wholeGroup} });
      const child = spawn(file, args, { detached: true, stdio: ["ignore", "ignore", "ignore", "pipe"] });
      setTimeout(() => console.log(child.pid), 300);`;
    const parent = spawn(process.execPath, ["--input-type=module-typescript", "-e", script]);
    const [said] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(String(said));
    expect(alive(pid)).toBe(true);
    parent.kill("SIGKILL");
    while (alive(pid)) await sleep(10);
    expect(alive(pid)).toBe(false);
  });
});

describe("limits", () => {
  it("end a program that computes for too long", async () => {
    const { child } = start("while :; do :; done");
    const [, signal] = await once(child, "exit");
    expect(["SIGXCPU", "SIGKILL"]).toContain(signal);
  });

  it("stop one that writes too much or takes too much memory", async () => {
    const { child } = start(
      "head -c 3000000 /dev/zero > /tmp/halfgig-confine-$$; stat -c %s /tmp/halfgig-confine-$$; rm /tmp/halfgig-confine-$$",
    );
    expect(Number(await text(child.stdout!))).toBeLessThanOrEqual(1 << 20);
    const { child: hungry } = start("dd if=/dev/zero of=/dev/null bs=400M count=1 2>/dev/null; echo $?");
    expect(await text(hungry.stdout!)).not.toMatch(/^0\n$/);
  });

  it("say so where the program cannot be executed", async () => {
    const { file, args } = confine(["/no/such/program"], limits, { pipe: 3, wholeGroup: false });
    const [code] = await once(spawn(file, args, { detached: true, stdio: "ignore" }), "exit");
    expect(couldNotExecute(code)).toBe(true);
  });
});
