import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { until } from "./fixtures.ts";
import {
  isSameProcess,
  processesWithVariable,
  processPeakRssMiB,
  processRssMiB,
  processTree,
  readProcessStat,
  resetPeakRss,
  treeRssMiB,
} from "./process-tree.ts";

describe("reading /proc", () => {
  it("finds children and grandchildren, and sums their memory", async () => {
    const mark = randomUUID();
    const child = spawn("/bin/sh", ["-c", "sleep 300 & sleep 300 & wait"], {
      detached: true,
      env: { MARK: mark },
    });
    const pid = child.pid ?? 0;
    await until(() => processTree(pid).length === 3);
    await until(() => processesWithVariable("MARK", mark).length === 3);
    expect(treeRssMiB(pid)).toBeGreaterThan(processRssMiB(pid));
    const stat = readProcessStat(pid);
    expect(stat).toMatchObject({ pid, parentPid: process.pid, processGroup: pid });
    expect(isSameProcess(pid, stat?.startTicks ?? 0)).toBe(true);
    expect(isSameProcess(pid, (stat?.startTicks ?? 0) + 1)).toBe(false);
    process.kill(-pid, "SIGKILL");
    await once(child, "exit");
    expect(isSameProcess(pid, stat?.startTicks ?? 0)).toBe(false);
    expect(treeRssMiB(pid)).toBe(0);
  });

  it("starts the peak again on request", async () => {
    const script =
      "let b = Buffer.alloc(150 << 20, 1); b = null; gc(); console.log('small'); setInterval(() => {}, 1000)";
    const child = spawn(process.execPath, ["--expose-gc", "-e", script]);
    await once(child.stdout, "data");
    const pid = child.pid ?? 0;
    expect(processPeakRssMiB(pid)).toBeGreaterThan(150);
    expect(resetPeakRss(pid)).toBe(true);
    expect(processPeakRssMiB(pid)).toBeLessThan(150);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(resetPeakRss(pid)).toBe(false);
  });
});
