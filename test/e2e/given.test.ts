import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GivenFormat } from "../../layers/transcript/index.ts";
import { type DemoHost, openDemoHost } from "./support/demo-host.ts";
import { sample } from "./support/media.ts";
import { keysUnder } from "./support/objects.ts";
import { readTranscript, sendWithTranscript, textOf } from "./support/send.ts";

let demo: DemoHost;
beforeAll(async () => {
  demo = await openDemoHost();
});
afterAll(() => demo[Symbol.asyncDispose]());

const srt =
  "1\n00:00:00,790 --> 00:00:01,870\nOne, two & three\n\n2\n00:00:11,500 --> 00:00:12,960\nseven <eight> nine\n";

describe("a transcript that comes with the file", () => {
  it("is taken instead of recognition, and rendered in every format", async () => {
    const job = await sendWithTranscript(demo.api, sample.english, { format: "srt", text: srt, ...demo });
    expect(job.error).toBeUndefined();
    expect(job).toMatchObject({ status: "done", timingsMs: { recognition: 0 } });
    const transcript = await readTranscript(demo.api, job.jobId);
    expect(transcript).toMatchObject({ mode: "given", tasks: [], language: null, model: null });
    expect(textOf(transcript)).toContain("One, two & three");
    expect(await demo.api.transcript(job.jobId, "srt")).toMatch(
      /^1\n00:00:00,790 --> 00:00:01,870\nOne, two & three\n/,
    );
    expect(await demo.api.transcript(job.jobId, "vtt")).toContain("One, two &amp; three");
    expect(job.ledgerMs).toMatchObject({ failed: 0 });
    expect(job.ledgerMs?.silence).toBeGreaterThan(3000);
    expect(demo.reports.filter(({ functionName }) => functionName === "infer")).toEqual([]);
    expect(await keysUnder(demo, "work/")).toEqual([]);
  });

  it("of plain lines gets times from where speech is heard", async () => {
    const text = "one two three\nfour five six\nseven eight nine\n";
    const job = await sendWithTranscript(demo.api, sample.english, { format: "txt", text, ...demo });
    const { segments } = await readTranscript(demo.api, job.jobId);
    expect(segments.map((segment) => segment.text)).toEqual(text.trim().split("\n"));
    expect(segments[0]?.startMs).toBeGreaterThan(300);
  });

  it.each([
    ["srt", "1\n00:00:0x,000 --> nonsense\nhm\n", /line/],
    ["json", '{"segments": 5', /./],
  ] satisfies [GivenFormat, string, RegExp][])(
    "that cannot be read fails the job before anything is decoded: %s",
    async (format, text, sentence) => {
      const job = await sendWithTranscript(demo.api, sample.english, { format, text, ...demo });
      expect(job).toMatchObject({ status: "failed", error: { code: "transcript.invalid", step: "probe" } });
      expect(job.error?.message).toMatch(sentence);
      expect(job.error?.advice).toContain("transcript");
    },
  );
});
