import { describe, expect, it } from "vitest";
import { AmazonTranscribeProvider, type TranscribeClient } from "./amazon-transcribe.ts";
import { openProvider } from "./open.ts";

const pcm = new Float32Array(32_000);
const word = (content: string, start: number, end: number) => ({
  type: "pronunciation",
  start_time: String(start),
  end_time: String(end),
  alternatives: [{ content, confidence: "0.9" }],
});
const mark = (content: string) => ({ type: "punctuation", alternatives: [{ content, confidence: "0.0" }] });
const reply = {
  results: {
    language_code: "en-US",
    language_identification: [{ code: "en-US", score: "0.8" }],
    items: [
      word("One", 0.1, 0.2),
      mark(","),
      word("two", 0.3, 0.4),
      mark("."),
      word("Three", 0.5, 0.6),
      word("four", 1.8, 2.5),
    ],
  },
};

function setUp(statuses: string[], fail?: Error) {
  const started: Parameters<TranscribeClient["startTranscriptionJob"]>[0][] = [];
  const audio: string[] = [];
  const provider = new AmazonTranscribeProvider({
    client: {
      async startTranscriptionJob(input) {
        if (fail) throw fail;
        started.push(input);
      },
      async getTranscriptionJob() {
        const status = statuses.length > 1 ? statuses.shift() : statuses[0];
        return { TranscriptionJob: { TranscriptionJobStatus: status, FailureReason: "the audio is too short" } };
      },
    },
    bucket: "results",
    prefix: "work/x/",
    putAudio: async (key) => void audio.push(key),
    readReply: async () => reply,
    pollMs: 1,
    timeoutMs: 20,
  });
  return { provider, started, audio };
}
const named = (name: string) => Object.assign(new Error("no."), { name });

describe("AmazonTranscribeProvider", () => {
  it("starts a job on the window's audio, waits for it, and makes segments of its items", async () => {
    const { provider, started, audio } = setUp(["QUEUED", "IN_PROGRESS", "COMPLETED"]);
    const result = await provider.transcribeWindow(pcm, { task: "transcribe", words: true });
    expect(started[0]).toMatchObject({ MediaFormat: "wav", IdentifyLanguage: true, OutputBucketName: "results" });
    expect(started[0]?.Media.MediaFileUri).toBe(`s3://results/${audio[0]}`);
    expect(result.segments.map(({ text }) => text)).toEqual(["One, two.", "Three", "four"]);
    expect(result.segments[2]).toMatchObject({ startMs: 1800, endMs: 2000 });
    expect(result.segments[0]?.words?.map(({ text }) => text)).toEqual(["One,", " two."]);
    expect(result.language).toMatchObject({ code: "en", probability: 0.8 });
  });

  it("gives the same window the same job, and takes up one that is there", async () => {
    const [first, second] = [setUp(["COMPLETED"]), setUp(["COMPLETED"])];
    await first.provider.transcribeWindow(pcm, { task: "transcribe", language: "de" });
    await second.provider.transcribeWindow(pcm, { task: "transcribe", language: "de" });
    expect(first.started).toEqual(second.started);
    expect(first.started[0]?.LanguageCode).toBe("de-DE");
    const again = setUp(["COMPLETED"], named("ConflictException"));
    await expect(again.provider.transcribeWindow(pcm, { task: "transcribe" })).resolves.toMatchObject({
      silent: false,
    });
  });

  it.each([
    ["a failed job", setUp(["FAILED"]), "provider.refused"],
    ["a job that does not end", setUp(["IN_PROGRESS"]), "provider.unavailable"],
    ["too many jobs", setUp([], named("LimitExceededException")), "provider.unavailable"],
    ["no permission", setUp([], named("AccessDeniedException")), "provider.refused"],
  ])("%s", async (_name, { provider }, code) => {
    await expect(provider.transcribeWindow(pcm, { task: "transcribe" })).rejects.toMatchObject({ code });
  });

  it("does not translate", async () => {
    const attempt = setUp(["COMPLETED"]).provider.transcribeWindow(pcm, { task: "translate" });
    await expect(attempt).rejects.toMatchObject({ code: "request.invalid" });
  });
});

describe("openProvider", () => {
  const settings = {
    OPENAI_API_KEY: undefined,
    OPENAI_BASE_URL: "https://api.openai.com/v1",
    OPENAI_TRANSCRIPTION_MODEL: "m",
  };
  it("asks for a key where the service does", async () => {
    const open = openProvider({ ...settings, ASR_PROVIDER: "openai" });
    await expect(open).rejects.toMatchObject({ code: "config.invalid" });
    const local = { ...settings, OPENAI_BASE_URL: "http://127.0.0.1:9/v1" };
    await expect(openProvider({ ...local, ASR_PROVIDER: "openai" })).resolves.toMatchObject({ name: "openai" });
  });
});
