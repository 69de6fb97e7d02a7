import { stat } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoHost, openDemoHost } from "./support/demo-host.ts";
import { sample } from "./support/media.ts";
import { readTranscript, sendAndWait } from "./support/send.ts";

let demo: DemoHost;
beforeAll(async () => {
  demo = await openDemoHost();
});
afterAll(() => demo[Symbol.asyncDispose]());

describe("the task language", () => {
  it.each([
    ["en", sample.english],
    ["de", sample.german],
  ])("SPEECH 7: finds %s, with a timeline and no text", async (code, file) => {
    const job = await sendAndWait(demo.api, file, { task: "language" });
    expect(job).toMatchObject({ status: "done", language: { code } });
    const { tasks, language, segments, ledger } = await readTranscript(demo.api, job.jobId);
    expect(tasks).toEqual(["language"]);
    expect(segments).toEqual([]);
    expect(language?.probability).toBeGreaterThan(0.5);
    expect(language?.timeline.map((entry) => entry.code)).toEqual([code]);
    expect(ledger.intervals.some(({ kind }) => kind === "speech")).toBe(true);
  });
});

describe("options", () => {
  const wrong: [name: string, options: object][] = [
    ["task", { task: "summarise" }],
    ["mode", { mode: "fast" }],
    ["language", { language: "English" }],
    ["words", { words: "yes" }],
    ["audioTrack", { audioTrack: -1 }],
    ["initialPrompt", { initialPrompt: " " }],
    ["hotwords", { hotwords: "x".repeat(3000) }],
    ["beamSize", { beamSize: 0 }],
    ["patience", { beamSize: 8, patience: 4 }],
    ["lengthPenalty", { lengthPenalty: 2 }],
    ["bestOf", { bestOf: 1.5 }],
    ["temperatures", { temperatures: [] }],
    ["temperatures", { temperatures: [3] }],
    ["compressionRatioThreshold", { compressionRatioThreshold: -1 }],
    ["logprobThreshold", { logprobThreshold: 1 }],
    ["noSpeechThreshold", { noSpeechThreshold: 2 }],
    ["conditionOnPreviousText", { conditionOnPreviousText: false }],
    ["carryInitialPrompt", { mode: "exact", carryInitialPrompt: true }],
    ["languageAlternatives", { mode: "exact", languageAlternatives: 1 }],
    ["clipTimestamps", { clipTimestamps: [0, 1] }],
    ["clipTimestamps", { mode: "exact", clipTimestamps: [4, 1] }],
    ["hallucinationSilenceMs", { mode: "exact", hallucinationSilenceMs: 2000 }],
    ["beamSize", { task: "language", beamSize: 5 }],
    ["mode", { task: "language", mode: "exact" }],
    ["transcript.format", { transcript: { format: "docx", sizeBytes: 3, sha256: "0".repeat(64) } }],
    ["transcript.sizeBytes", { transcript: { format: "srt", sizeBytes: 6_000_000, sha256: "0".repeat(64) } }],
    ["transcript.sha256", { transcript: { format: "srt", sizeBytes: 3 } }],
    ["words", { words: true, transcript: { format: "srt", sizeBytes: 3, sha256: "0".repeat(64) } }],
  ];

  it.each(wrong)("a wrong %s is refused by name", async (name, options) => {
    const { size } = await stat(sample.german);
    const reply = await fetch(`${demo.host.url}/v1/uploads`, {
      method: "POST",
      headers: { authorization: `Bearer ${demo.host.accessToken}`, "content-type": "application/json" },
      body: JSON.stringify({ fileName: "a.ogg", sizeBytes: size, options }),
    });
    expect(reply.status).toBe(400);
    const problem = (await reply.json()) as { code: string; detail: string };
    expect(problem.code).toBe("request.invalid");
    expect(problem.detail).toContain(`options.${name}`);
  });

  it("that the checkpoint lacks fail the job with a sentence", async () => {
    const job = await sendAndWait(demo.api, sample.german, { language: "xx" });
    expect(job).toMatchObject({ status: "failed", error: { code: "request.invalid", step: "infer" } });
    expect(job.error?.message).toContain('"xx"');
  });
});
