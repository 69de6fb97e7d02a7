import { execFile, execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JobStatus } from "../../cli/client.ts";
import { voiceText } from "../../cli/voice-report.ts";
import type { JobOptions } from "../../layers/storage/index.ts";
import { transcriptSchema } from "../../layers/transcript/index.ts";
import { voiceReportSchema } from "../../layers/voice/index.ts";
import { type DemoHost, openDemoHost } from "./support/demo-host.ts";
import { concatenated, music, sample, silence } from "./support/media.ts";
import { keysUnder } from "./support/objects.ts";
import { sendAndWait } from "./support/send.ts";

const run = promisify(execFile);
const hasEspeak = (() => {
  try {
    execFileSync("espeak-ng", ["--version"]);
    return true;
  } catch {
    return false;
  }
})();

let demo: DemoHost;
beforeAll(async () => {
  demo = await openDemoHost({ VOICE_MODEL: "demo" });
});
afterAll(() => demo[Symbol.asyncDispose]());

async function judged(path: string, options: Partial<JobOptions>) {
  const job = await sendAndWait(demo.api, path, options);
  expect(job.error?.message ?? job.status).toBe("done");
  return { job, ...(await resultsOf(job)) };
}

async function resultsOf({ jobId }: Pick<JobStatus, "jobId">) {
  const text = await demo.api.voice(jobId);
  const transcript = transcriptSchema.parse(JSON.parse(await demo.api.transcript(jobId, "json")));
  return { text, report: voiceReportSchema.parse(JSON.parse(text)), transcript };
}

const reasonsOf = ({ reasons }: { reasons: { code: string }[] }) => reasons.map(({ code }) => code);

describe("the task voice", () => {
  it("judges beside the transcript: per file, per segment, labelled as a demo, and the same bytes again", async () => {
    const options: Partial<JobOptions> = { tasks: ["transcribe", "voice"], operatingPoint: "recall" };
    const { job, text, report, transcript } = await judged(sample.english, options);
    expect(transcript.segments.map((segment) => segment.text.trim()).join(" ")).toContain("one two three");
    expect(transcript).toMatchObject({ tasks: ["transcribe", "voice"], language: { code: "en" } });
    expect(transcript.voice).toMatchObject({
      verdict: report.verdict,
      operatingPoint: "recall",
      model: { id: "demo-ast", demo: true, benchmark: { accuracy: 0.879 } },
      judgedShare: 1,
    });
    // The demo can clear nobody, and says so.
    expect(["uncertain", "spoof"]).toContain(report.verdict);
    if (report.verdict === "uncertain") expect(report.reasons).not.toEqual([]);
    for (const segment of transcript.segments) expect(segment.voice?.score).toBeGreaterThanOrEqual(0);
    expect(report.segments.map(({ id }) => id)).toEqual(transcript.segments.map(({ id }) => id));
    expect(await keysUnder(demo, "work/")).toEqual([]);
    expect(voiceText(text)).toContain("DEMO");
    const again = await judged(sample.english, options);
    expect(again.job.jobId).not.toBe(job.jobId);
    expect(again.text).toBe(text);
  });

  it("alone needs no text, and hears all speech in full windows", async () => {
    const { report, transcript } = await judged(sample.english, { tasks: ["voice"] });
    expect(transcript).toMatchObject({ tasks: ["voice"], segments: [], language: null, model: null, mode: "none" });
    expect(transcript.ledger.totalsMs.failed).toBe(0);
    expect(report.judgedShare).toBe(1);
    expect(report.windows.length).toBe(Math.ceil(report.speechMs / 5120));
  });

  it("goes with exact mode, whose text stays what it is", async () => {
    const { transcript, report } = await judged(sample.english, { tasks: ["transcribe", "voice"], mode: "exact" });
    expect(transcript).toMatchObject({ mode: "exact", tasks: ["transcribe", "voice"] });
    expect(transcript.segments.length).toBeGreaterThan(0);
    expect(transcript.segments.every(({ voice }) => voice !== undefined)).toBe(true);
    expect(report.judgedShare).toBe(1);
  });

  it("is refused by name where its options contradict each other", async () => {
    const wrong: [string, object][] = [
      ["voiceHop", { voiceHop: 2000 }],
      ["tasks", { tasks: ["transcribe", "translate"] }],
      ["tasks", { tasks: ["voice", "voice"] }],
      ["mode", { tasks: ["voice"], mode: "exact" }],
      ["voiceModel", { tasks: ["voice"], voiceModel: "xlsr" }],
      ["voiceBudget", { tasks: ["voice"], voiceBudget: 0.9 }],
    ];
    for (const [name, options] of wrong) {
      const asked = demo.api.requestUpload({ fileName: "a.ogg", sizeBytes: 9, options });
      await expect(asked, name).rejects.toThrow(`options.${name}`);
    }
  });
});

describe("what cannot be judged is uncertain, with the reason", () => {
  it("silence", async () => {
    const { report, transcript } = await judged(await silence(demo.directory, 8), { tasks: ["voice"] });
    expect(report).toMatchObject({ verdict: "uncertain", score: null, windows: [] });
    expect(reasonsOf(report)).toEqual(["silence"]);
    expect(transcript.voice?.reasons).toEqual(report.reasons);
  });

  it("music", async () => {
    const { report } = await judged(await music(demo.directory, 12), { tasks: ["voice"] });
    expect(report).toMatchObject({ verdict: "uncertain", score: null, windows: [] });
    expect(["no_speech", "silence"]).toContain(reasonsOf(report)[0]);
  });

  it("0.3 s of speech", async () => {
    const path = join(demo.directory, "short.wav");
    const { ffmpegPath } = await import("../../layers/media/index.ts");
    const cut = ["-ss", "0.95", "-t", "0.3", "-i", sample.english, "-vn", "-ar", "16000", path];
    await run(ffmpegPath(), ["-nostdin", "-v", "error", "-y", ...cut]);
    const { report } = await judged(path, { tasks: ["voice"] });
    expect(report).toMatchObject({ verdict: "uncertain", score: null, windows: [] });
    expect(["too_little_speech", "no_speech", "silence"]).toContain(reasonsOf(report)[0]);
  });
});

describe.skipIf(!hasEspeak)("human and synthetic speech by turns (needs espeak-ng)", () => {
  const text =
    "the quick brown fox jumps over the lazy dog and then it runs away across the green field towards the river where " +
    "the boats are waiting in the morning sun while people talk about the weather. ";
  let path: string;
  /** Where the kind of voice changes. */
  let borders: number[];
  beforeAll(async () => {
    const spoken = join(demo.directory, "spoken.wav");
    await run("espeak-ng", ["-v", "en-us", "-s", "150", "-w", spoken, text.repeat(2)]);
    const human = await concatenated(demo.directory, [sample.english, sample.english, sample.english], "human.wav");
    const synthetic = await concatenated(demo.directory, [spoken], "synthetic.wav");
    path = await concatenated(demo.directory, [human, synthetic, human], "turns.wav");
    // 16 kHz s16le after 44 bytes or more of header.
    const ms = async (file: string) => ((await readFile(file)).length - 44) / 32;
    borders = [await ms(human), (await ms(human)) + (await ms(synthetic))];
  });

  it("the timeline's borders are within one window of the truth", async () => {
    const { report } = await judged(path, { tasks: ["voice"] });
    const spans = report.timeline.map(({ leaning }) => leaning);
    expect(spans).toEqual(["bona_fide", "spoof", "bona_fide"]);
    const [, middle] = report.timeline;
    expect(Math.abs((middle?.startMs ?? 0) - (borders[0] ?? 0))).toBeLessThan(5120);
    expect(Math.abs((middle?.endMs ?? 0) - (borders[1] ?? 0))).toBeLessThan(5120);
    expect(reasonsOf(report)).not.toEqual([]);
  });

  it("a budget stops when the answer is settled, says what was judged, and gives the same bytes again", async () => {
    const synthetic = join(demo.directory, "synthetic.wav");
    const long = await concatenated(
      demo.directory,
      Array.from({ length: 6 }, () => synthetic),
      "long.wav",
    );
    const options: Partial<JobOptions> = { tasks: ["voice"], voiceBudget: 0.2 };
    const first = await judged(long, options);
    expect(first.report).toMatchObject({ stopped: "settled" });
    expect(first.report.judgedShare).toBeLessThan(1);
    expect((await judged(long, options)).text).toBe(first.text);
  });
});

describe("POST /v1/voice", () => {
  const post = (body: string | FormData, headers: Record<string, string> = {}) =>
    fetch(`${demo.host.url}/v1/voice`, {
      method: "POST",
      headers: { authorization: `Bearer ${demo.host.accessToken}`, ...headers },
      body,
    });
  const json = (value: unknown) => post(JSON.stringify(value), { "content-type": "application/json" });
  const form = async (path: string, fields: Record<string, string> = {}) => {
    const data = new FormData();
    for (const [name, value] of Object.entries(fields)) data.set(name, value);
    data.set("file", new Blob([await readFile(path)]), "../../clip 😀.mp4");
    return post(data);
  };

  it("answers for a clip in one request, the same for a form and for JSON", async () => {
    const fromForm = await form(sample.english, { operatingPoint: "precision", voiceHop: "5000" });
    expect(fromForm.status).toBe(200);
    const reply = (await fromForm.json()) as { durationMs: number };
    const report = voiceReportSchema.parse(reply);
    expect(reply.durationMs).toBeGreaterThan(14_900);
    expect(report).toMatchObject({ model: { id: "demo-ast", demo: true }, operatingPoint: { name: "precision" } });
    expect(report.windows.length).toBeGreaterThan(0);
    expect(report.timeline.length).toBeGreaterThan(0);
    const audio = (await readFile(sample.english)).toString("base64");
    const fromJson = await json({ audio, format: "mp4", operatingPoint: "precision", voiceHop: 5000 });
    expect(await fromJson.json()).toEqual(reply);
  });

  it("says of silence that nobody can be judged", async () => {
    const reply = await form(await silence(demo.directory, 3));
    expect(reply.status).toBe(200);
    expect(await reply.json()).toMatchObject({ verdict: "uncertain", score: null, reasons: [{ code: "silence" }] });
  });

  it("refuses what it cannot take, each with a problem document", async () => {
    const boundary = { "content-type": "multipart/form-data; boundary=x" };
    const part = (name: string, more = "") =>
      `--x\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n1\r\n`;
    const file = part("file", '; filename="a.wav"');
    const cases: [name: string, reply: Promise<Response>, status: number, code: string][] = [
      ["no form and no JSON", post("audio", { "content-type": "text/plain" }), 400, "request.invalid"],
      ["no base64", json({ audio: "%%%" }), 400, "request.invalid"],
      ["an unknown field", json({ audio: "AAAA", verdict: "human" }), 400, "request.invalid"],
      ["no file", post(`${part("operatingPoint")}--x--\r\n`, boundary), 400, "request.invalid"],
      ["no end", post(file.slice(0, -2), boundary), 400, "request.invalid"],
      ["a field twice", post(`${part("a")}${part("a")}${file}--x--\r\n`, boundary), 400, "request.invalid"],
      ["two files", post(`${file}${file}--x--\r\n`, boundary), 400, "request.invalid"],
      [
        "fifty parts",
        post(`${Array.from({ length: 50 }, (_, i) => part(`f${i}`)).join("")}--x--\r\n`, boundary),
        400,
        "request.invalid",
      ],
      ["text", json({ audio: Buffer.from("Dear diary. ".repeat(99)).toString("base64") }), 422, "media.not_media"],
      ["another detector", json({ audio: "AAAA", voiceModel: "xlsr" }), 400, "request.invalid"],
    ];
    for (const [name, reply, status, code] of cases) {
      const answered = await reply;
      expect([answered.status, ((await answered.json()) as { code: string }).code], name).toEqual([status, code]);
    }
    const long = await concatenated(demo.directory, [sample.english, sample.english, sample.english], "long-clip.wav");
    const answered = await form(long);
    expect([answered.status, ((await answered.json()) as { code: string }).code]).toEqual([413, "media.too_long"]);
  });

  it("asks for a token", async () => {
    const reply = await fetch(`${demo.host.url}/v1/voice`, { method: "POST", body: "{}" });
    expect(reply.status).toBe(401);
  });
});

describe("a host with models switched off", () => {
  it("SKIP_AI_MODELS=1: the transcript's voice is null, and there is no voice.json", async () => {
    await using off = await openDemoHost({ VOICE_MODEL: "demo", SKIP_AI_MODELS: "1" });
    const job = await sendAndWait(off.api, sample.german, { tasks: ["transcribe", "voice"] });
    expect(job.status).toBe("done");
    const transcript = transcriptSchema.parse(JSON.parse(await off.api.transcript(job.jobId, "json")));
    expect(transcript).toMatchObject({ tasks: [], voice: null, segments: [] });
    await expect(off.api.voice(job.jobId)).rejects.toThrow("Nobody asked");
  });

  it("without a detector: a job that asks for one is refused before anything is uploaded", async () => {
    await using none = await openDemoHost();
    const asked = none.api.requestUpload({ fileName: "a.ogg", sizeBytes: 9, options: { tasks: ["voice"] } });
    await expect(asked).rejects.toThrow("VOICE_MODEL");
  });
});
