import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { keys } from "../../layers/storage/index.ts";
import { loadCredentials } from "../../stacks/local/credentials.ts";
import { PrincipalObjects } from "../../stacks/local/principal-objects.ts";
import { openDemoHost } from "./support/demo-host.ts";
import { repeated } from "./support/media.ts";
import { inferencesByWindow, keysUnder } from "./support/objects.ts";
import { send } from "./support/send.ts";

describe("a window that fails for good", () => {
  it("makes the job partial: the rest is there, the ledger says what is missing and why, and a retry does that alone", {
    timeout: 120_000,
  }, async () => {
    await using demo = await openDemoHost({ MAX_CONCURRENCY: "1" });
    const credentials = await loadCredentials(join(demo.directory, "data"), []);
    const infer = credentials.principals.get("infer");
    if (!infer) throw new Error("infer has no credentials");
    const objects = new PrincipalObjects(demo.host.s3Url, "us-east-1", infer);

    const jobId = await send(demo.api, await repeated(demo.directory, 6));
    let damaged: number | undefined;
    const writes: Promise<void>[] = [];
    const job = await demo.api.wait(jobId, ({ windows, executionName }) => {
      if (!windows || damaged !== undefined) return;
      damaged = windows - 1;
      // A result that was damaged where it lies: the window counts as done, and only merge can see that it is not.
      const key = `${keys.workPrefix(executionName ?? "")}results/${String(damaged).padStart(6, "0")}.json`;
      writes.push(objects.put("halfgig-results", key, '{"segments": [{"te'));
    });
    await Promise.all(writes);
    objects.close();

    expect(job.status).toBe("partial");
    expect(job.ledgerMs?.failed).toBeGreaterThan(500);
    expect(job.warnings?.join()).toMatch(/not transcribed .*damaged/);
    const { ledger, segments } = JSON.parse(await demo.api.transcript(jobId, "json"));
    const failed = ledger.intervals.filter((interval: { kind: string }) => interval.kind === "failed");
    expect(failed).toEqual([expect.objectContaining({ reason: expect.stringContaining("damaged") })]);
    expect(segments.length).toBeGreaterThan(5);
    const kept = await keysUnder(demo, "work/");
    expect(kept.filter((key) => !key.includes("/results/"))).toEqual([]);
    expect(kept).toHaveLength((job.windows ?? 0) - 1);

    await demo.api.retry(jobId);
    const whole = await demo.api.wait(jobId, () => undefined);
    expect(whole).toMatchObject({ status: "done", attempt: 2, ledgerMs: { failed: 0 } });
    const times = [...(await inferencesByWindow(join(demo.directory, "data"))).values()];
    expect(times.reduce((sum, count) => sum + count, 0)).toBe(job.windows);
    await expect.poll(() => keysUnder(demo, "work/"), { timeout: 10_000 }).toEqual([]);
  });
});
