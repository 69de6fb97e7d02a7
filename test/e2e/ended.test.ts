import { describe, expect, it } from "vitest";
import { openDemoHost } from "./support/demo-host.ts";
import { repeated } from "./support/media.ts";
import { keysUnder } from "./support/objects.ts";
import { send } from "./support/send.ts";

describe("an execution that ends where no Catch can see it", () => {
  it("leaves a failed job with the reason, and no work object but results", async () => {
    await using demo = await openDemoHost({ MAX_CONCURRENCY: "1" });
    const jobId = await send(demo.api, await repeated(demo.directory, 16));
    let stopped: Promise<unknown> | undefined;
    const job = await demo.api.wait(jobId, ({ windows, executionArn }) => {
      if (windows && executionArn) {
        stopped ??= demo.host.states.stopExecution(executionArn, { error: "Operator", cause: "stopped by hand" });
      }
    });
    await stopped;
    expect(job).toMatchObject({ status: "failed", error: { step: "workflow", code: "workflow.step_failed" } });
    expect(job.error?.message).toMatch(/Operator.*stopped by hand/);
    // What was recognised until then stays for a retry.
    const left = async () => (await keysUnder(demo, "work/")).filter((key) => !key.includes("/results/"));
    await expect.poll(left, { timeout: 10_000 }).toEqual([]);
  });
});
