import { describe, expect, it } from "vitest";
import { openDemoHost } from "./support/demo-host.ts";
import { sample } from "./support/media.ts";
import { keysUnder } from "./support/objects.ts";
import { sendAndWait } from "./support/send.ts";

describe("an allocation below what infer needs", () => {
  it("kills the function as Lambda does, says which step and what to do, and the host lives on", async () => {
    await using demo = await openDemoHost({ HALFGIG_INFER_MEMORY: "64" });
    const job = await sendAndWait(demo.api, sample.german);
    expect(job).toMatchObject({ status: "failed", error: { code: "memory.exceeded", step: "infer" } });
    expect(job.error?.message).toContain("64 MB");
    expect(job.error?.advice).toContain("HALFGIG_INFER_MEMORY");

    // The record says so a moment before the execution ends.
    const last = async () => {
      const { events } = await demo.host.states.getExecutionHistory(job.executionArn ?? "");
      return JSON.stringify(events.at(-1));
    };
    await expect.poll(last, { timeout: 20_000 }).toContain("Runtime.OutOfMemory");
    const killed = demo.reports.filter((report) => report.functionName === "infer");
    expect(killed.length).toBeGreaterThan(0);
    expect(killed.every((report) => report.outcome === "oom" && report.memoryMB === 64)).toBe(true);
    expect(await keysUnder(demo, "work/")).toEqual([]);

    // The host is there for the next job, which meets the same limit and no other trouble.
    const next = await sendAndWait(demo.api, sample.english);
    expect(next.error?.code).toBe("memory.exceeded");
  });

  it("is over once the allocation is raised: the same file succeeds", async () => {
    await using demo = await openDemoHost({ HALFGIG_INFER_MEMORY: "256" });
    expect(await sendAndWait(demo.api, sample.german)).toMatchObject({ status: "done" });
    for (const report of demo.reports) {
      expect(report.peakRssMiB, report.functionName).toBeLessThan(report.memoryMB);
    }
    // What the function measured of itself, next to what the host saw.
    const [infer] = demo.reports.filter(({ functionName }) => functionName === "infer");
    expect(infer?.metrics).toMatchObject({ Sheds: 0 });
    expect(infer?.metrics?.PeakResidentMemory).toBeGreaterThan(60);
    // The kernel's counters of resident pages lag behind by some pages for each thread and processor.
    expect(infer?.metrics?.PeakResidentMemory).toBeLessThanOrEqual((infer?.peakRssMiB ?? 0) + 4);
  });
});
