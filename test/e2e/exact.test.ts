import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../../cli/client.ts";
import { serve } from "./support/cli.ts";
import { type DemoHost, openDemoHost } from "./support/demo-host.ts";
import { repeated, sample, silence } from "./support/media.ts";
import { functionLog, keysUnder } from "./support/objects.ts";
import { readTranscript, send, sendAndWait, textOf } from "./support/send.ts";

let demo: DemoHost;
beforeAll(async () => {
  demo = await openDemoHost();
});
afterAll(() => demo[Symbol.asyncDispose]());

describe("exact mode", () => {
  it.each([
    ["English", sample.english],
    ["German", sample.german],
  ])("SPEECH 17: finds the same words as parallel windows: %s", async (_name, file) => {
    const [parallel, exact] = [await sendAndWait(demo.api, file), await sendAndWait(demo.api, file, { mode: "exact" })];
    expect(exact.status).toBe("done");
    const [a, b] = [await readTranscript(demo.api, parallel.jobId), await readTranscript(demo.api, exact.jobId)];
    expect(b).toMatchObject({ mode: "exact", tasks: ["transcribe"] });
    expect(textOf(b)).toBe(textOf(a));
    expect(b.language?.code).toBe(a.language?.code);
    expect(await keysUnder(demo, "work/")).toEqual([]);
  });

  it("SPEECH 23, 25: words are in order and inside their segments, and the record has the time of every step", async () => {
    const job = await sendAndWait(demo.api, sample.english, { mode: "exact", words: true });
    const { segments } = await readTranscript(demo.api, job.jobId);
    let atMs = 0;
    for (const { startMs, endMs, words = [] } of segments) {
      expect(words.length).toBeGreaterThan(0);
      for (const word of words) {
        expect(word.startMs).toBeGreaterThanOrEqual(Math.max(atMs, startMs));
        expect(word.endMs).toBeLessThanOrEqual(endMs);
        atMs = word.endMs;
      }
    }
    expect(Object.keys(job.timingsMs ?? {})).toEqual(["probe", "split", "recognition", "merge"]);
    expect(job.timingsMs?.recognition).toBeGreaterThan(0);
  });

  it("SPEECH 19: accounts for silence, and transcribes clips only where clips are asked for", async () => {
    const quiet = await sendAndWait(demo.api, await silence(demo.directory, 3), { mode: "exact" });
    expect(quiet).toMatchObject({ status: "done", ledgerMs: { silence: 3000, failed: 0 } });
    const job = await sendAndWait(demo.api, sample.english, { mode: "exact", clipTimestamps: [0, 6] });
    const { segments, ledger } = await readTranscript(demo.api, job.jobId);
    expect(segments.every(({ endMs }) => endMs <= 6000)).toBe(true);
    expect(ledger.intervals.some(({ reason }) => reason === "not_requested")).toBe(true);
    expect(job.status).toBe("done");
  });
});

describe("kill -9 in the middle of exact mode", () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "halfgig-exact-"));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it("resumes at the last slice, and the transcript has the same bytes as without it", async () => {
    const file = await repeated(directory, 40);
    const data = join(directory, "data");
    const first = await serve(data);
    const before = new ApiClient(first.api, first.token);
    const jobId = await send(before, file, { mode: "exact" });
    const killed = before.wait(jobId, ({ progress }) => {
      if (progress && "seekMs" in progress && progress.seekMs > 0) throw new Error("a slice is done");
    });
    await expect(killed).rejects.toThrow("a slice is done");
    await first.kill("SIGKILL");

    const second = await serve(data);
    expect(second.output()).toContain("resuming 1 execution");
    const api = new ApiClient(second.api, second.token);
    const resumed = await api.wait(jobId, () => undefined);
    expect(resumed.status).toBe("done");
    const log = await functionLog(join(data, "serve"), "transcribe");
    const slices = [...log.matchAll(/"message":"slice transcribed".*?"key":"([^"]+)"/g)].map((match) => match[1]);
    expect(slices.length).toBeGreaterThan(1);
    expect(new Set(slices).size).toBe(slices.length);

    const whole = await sendAndWait(api, file, { mode: "exact" });
    const [a, b] = [await api.transcript(jobId, "json"), await api.transcript(whole.jobId, "json")];
    expect(a.replace(jobId, "")).toBe(b.replace(whole.jobId, ""));
    expect(await second.kill("SIGTERM")).toBe(0);
  });
});
