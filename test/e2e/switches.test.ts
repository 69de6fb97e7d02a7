import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDemoHost } from "./support/demo-host.ts";
import { sample } from "./support/media.ts";
import { readTranscript, sendAndWait, textOf } from "./support/send.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-switches-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const nothing = { tasks: [], segments: [], language: null, model: null };

describe("what is switched off is left out, and its field is null", () => {
  it.each([
    ["DISABLE_WHISPER", nothing],
    ["SKIP_AI_MODELS", nothing],
    ["DISABLE_ASR_FALLBACK", { tasks: ["language"], segments: [], language: { code: "de" } }],
    ["DISABLE_LANGUAGE_DETECTION", { tasks: ["transcribe"], language: null }],
  ])("%s=1", async (name, expected) => {
    await using demo = await openDemoHost({ [name]: "1" }, directory);
    const job = await sendAndWait(demo.api, sample.german);
    expect(job).toMatchObject({ status: "done", ledgerMs: { failed: 0 } });
    const transcript = await readTranscript(demo.api, job.jobId);
    expect(transcript).toMatchObject(expected);
    expect(job.language === undefined).toBe(transcript.language === null);
    if (name === "DISABLE_LANGUAGE_DETECTION") {
      expect(textOf(transcript)).toBe("eins zwei drei vier fünf sechs");
      expect(transcript.segments.every(({ language }) => language === "und")).toBe(true);
    }
  });
});
