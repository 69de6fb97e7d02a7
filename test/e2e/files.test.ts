import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoHost, openDemoHost } from "./support/demo-host.ts";
import { emptyFile, repeated, sample, silence, textNamedMp4, videoWithoutSound } from "./support/media.ts";
import { inferencesByWindow, keysUnder } from "./support/objects.ts";
import { send, sendAndWait, spokenWords } from "./support/send.ts";

let demo: DemoHost;
beforeAll(async () => {
  demo = await openDemoHost({ MAX_CONCURRENCY: "2" });
});
afterAll(() => demo[Symbol.asyncDispose]());

describe("files that cannot be transcribed", () => {
  it.each([
    ["text renamed .mp4", textNamedMp4, "media.not_media", /text/i],
    ["an empty file", emptyFile, "media.empty", /no bytes/],
    ["a video without sound", videoWithoutSound, "media.no_audio", /no audio track/],
  ])(
    "%s: a record with a code and a sentence, and nothing left in the work prefix",
    async (_name, make, code, sentence) => {
      const job = await sendAndWait(demo.api, await make(demo.directory));
      expect(job).toMatchObject({ status: "failed", error: { code, step: "probe" } });
      expect(job.error?.message).toMatch(sentence);
      expect(job.error?.advice.length).toBeGreaterThan(10);
      expect(await keysUnder(demo, "work/")).toEqual([]);
      await expect(demo.api.transcript(job.jobId, "srt")).rejects.toThrow(/failed at probe/);
    },
  );
});

describe("files that can", () => {
  it("silence is done, not failed: no text, and a ledger that says why", async () => {
    const job = await sendAndWait(demo.api, await silence(demo.directory, 3));
    expect(job).toMatchObject({
      status: "done",
      windows: 0,
      ledgerMs: { silence: 3000, speech: 0, other: 0, failed: 0 },
    });
    expect(await demo.api.transcript(job.jobId, "srt")).toBe("");
    expect(await keysUnder(demo, "work/")).toEqual([]);
  });

  it("four at once with two windows in flight: all finish, and none gets another's words", async () => {
    const files = [sample.english, sample.german, await repeated(demo.directory, 2), await repeated(demo.directory, 3)];
    let inFlightMost = 0;
    const watch = setInterval(() => {
      const busy = demo.host.lambda.status().infer?.busy ?? 0;
      inFlightMost = Math.max(inFlightMost, busy);
    }, 5);
    const ids = await Promise.all(files.map((file) => send(demo.api, file)));
    const jobs = await Promise.all(ids.map((id) => demo.api.wait(id, () => undefined)));
    clearInterval(watch);
    expect(jobs.map((job) => job.status)).toEqual(["done", "done", "done", "done"]);
    const texts = await Promise.all(ids.map(async (id) => spokenWords(await demo.api.transcript(id, "srt"))));
    const digits = "one two three four five six seven eight nine";
    expect(texts).toEqual([
      digits,
      "eins zwei drei vier fünf sechs",
      `${digits} ${digits}`,
      `${digits} ${digits} ${digits}`,
    ]);
    expect(inFlightMost).toBe(2);
    for (const count of (await inferencesByWindow(`${demo.directory}/data`)).values()) expect(count).toBe(1);
    expect(await keysUnder(demo, "work/")).toEqual([]);
  });

  it("the same bytes and options give the same transcript, byte for byte", async () => {
    const [first, second] = [await sendAndWait(demo.api, sample.german), await sendAndWait(demo.api, sample.german)];
    expect(first.jobId).not.toBe(second.jobId);
    const [a, b] = await Promise.all([first, second].map((job) => demo.api.transcript(job.jobId, "json")));
    expect(a?.replace(first.jobId, "")).toBe(b?.replace(second.jobId, ""));
  });

  it("the ledger partitions the audio", async () => {
    const job = await sendAndWait(demo.api, sample.english);
    const { ledger, source } = JSON.parse(await demo.api.transcript(job.jobId, "json"));
    let at = 0;
    for (const interval of ledger.intervals) {
      expect(interval.startMs).toBe(at);
      at = interval.endMs;
    }
    expect(at).toBe(source.durationMs);
    expect(ledger.totalsMs.failed).toBe(0);
    expect(ledger.totalsMs.silence).toBeGreaterThan(3000);
  });
});
