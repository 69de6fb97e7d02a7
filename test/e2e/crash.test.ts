import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../../cli/client.ts";
import { serve } from "./support/cli.ts";
import { repeated } from "./support/media.ts";
import { inferencesByWindow } from "./support/objects.ts";
import { send } from "./support/send.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-crash-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Processes that have the text in their environment or command line: the functions of one host. */
async function processesOf(text: string): Promise<number[]> {
  const found: number[] = [];
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    const read = (file: string) => readFile(`/proc/${entry}/${file}`, "utf8").catch(() => "");
    if ((await read("environ")).includes(text) || (await read("cmdline")).includes(text)) found.push(Number(entry));
  }
  return found;
}

describe("kill -9 of the host in the middle of a job", () => {
  it("leaves no process behind; the next start finishes the job, and no window is inferred twice", async () => {
    const data = join(directory, "data");
    const file = await repeated(directory, 16);
    const first = await serve(data, { MAX_CONCURRENCY: "1" });
    const jobId = await send(new ApiClient(first.api, first.token), file);
    const before = new ApiClient(first.api, first.token);
    let done = 0;
    await expect(
      before.wait(jobId, (job) => {
        done = job.progress && "windowsDone" in job.progress ? job.progress.windowsDone : 0;
        if (done >= 2) throw new Error("two windows are done");
      }),
    ).rejects.toThrow("two windows are done");
    await first.kill("SIGKILL");
    await expect.poll(() => processesOf(data), { timeout: 10_000 }).toEqual([]);

    const second = await serve(data, { MAX_CONCURRENCY: "1" });
    expect(second.output()).toContain("resuming 1 execution");
    const api = new ApiClient(second.api, second.token);
    const job = await api.wait(jobId, () => undefined);
    expect(job.status).toBe("done");
    expect(job.windows).toBeGreaterThan(done);
    const transcript = JSON.parse(await api.transcript(jobId, "json"));
    const words = transcript.segments.map((segment: { text: string }) => segment.text.trim()).join(" ");
    expect(words.match(/one two three/g)?.length).toBe(16);
    const counts = await inferencesByWindow(join(data, "serve"));
    expect([...counts.values()].filter((times) => times !== 1)).toEqual([]);
    // The log line of the window that was being stored may have gone with the host.
    expect(counts.size).toBeGreaterThanOrEqual((job.windows ?? 0) - 1);
    expect(await second.kill("SIGTERM")).toBe(0);
  });

  it("finds an upload whose event was never delivered", async () => {
    const data = join(directory, "lost");
    const host = await serve(data);
    const api = new ApiClient(host.api, host.token);
    const file = await repeated(directory, 1);
    const jobId = await send(api, file);
    // Killed at once: the object is stored, and its event has at best begun to be handled.
    await host.kill("SIGKILL");
    const next = await serve(data);
    const job = await new ApiClient(next.api, next.token).wait(jobId, () => undefined);
    expect(job.status).toBe("done");
    await next.kill("SIGTERM");
  });
});
