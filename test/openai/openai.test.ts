import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import OpenAI, { APIError, AuthenticationError, BadRequestError, NotFoundError } from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatTimestamp } from "../../layers/transcript/index.ts";
import { type DemoHost, openDemoHost } from "../e2e/support/demo-host.ts";
import { repeated, sample, silence, textNamedMp4 } from "../e2e/support/media.ts";
import { readTranscript, sendAndWait, textOf } from "../e2e/support/send.ts";

let demo: DemoHost;
let openai: OpenAI;
const clientOf = (apiKey: string) => new OpenAI({ baseURL: `${demo.host.url}/v1`, apiKey, maxRetries: 0 });
beforeAll(async () => {
  demo = await openDemoHost();
  openai = clientOf(demo.host.accessToken);
});
afterAll(() => demo[Symbol.asyncDispose]());

const model = "whisper-1";
const english = () => createReadStream(sample.english);
const jobs = async () => {
  const reply = await fetch(`${demo.host.url}/v1/jobs`, {
    headers: { authorization: `Bearer ${demo.host.accessToken}` },
  });
  return ((await reply.json()) as { jobs: { jobId: string; status: string }[] }).jobs;
};
const refused = async (asked: PromiseLike<unknown>): Promise<APIError> => {
  const error = await asked.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof APIError) return error;
  throw new Error(`The request was not refused: ${String(error)}`);
};

describe("the openai client by base URL", () => {
  it("json: the text, which is the one that a job has of the same file, and no job is left behind", async () => {
    const { text, usage } = await openai.audio.transcriptions.create({ file: english(), model });
    expect(text).toMatch(/^one two three four five six seven eight nine/);
    expect(usage).toEqual({ type: "duration", seconds: 16 });
    expect(await jobs()).toEqual([]);
    const job = await sendAndWait(demo.api, sample.english);
    expect(text).toBe(textOf(await readTranscript(demo.api, job.jobId)));
  });

  it("verbose_json: language, duration and segments; words where they are asked for", async () => {
    const verbose = { file: english(), model, response_format: "verbose_json" } as const;
    const plain = await openai.audio.transcriptions.create(verbose);
    expect(plain).toMatchObject({ language: "english", text: expect.stringContaining("four five six") });
    expect(plain.duration).toBeCloseTo(15.04, 1);
    expect(plain.segments?.map(({ text }) => text.trim())).toContain("one two three");
    expect(plain.segments?.every(({ start, end, avg_logprob }) => end > start && avg_logprob < 0)).toBe(true);
    expect(plain.words).toBeUndefined();
    const timed = await openai.audio.transcriptions.create({
      ...verbose,
      file: english(),
      timestamp_granularities: ["word", "segment"],
    });
    expect(timed.words?.map(({ word }) => word).slice(0, 4)).toEqual(["one", "two", "three", "four"]);
    const starts = timed.words?.map(({ start }) => start) ?? [];
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(timed.segments?.length).toBe(plain.segments?.length);
    const words = await openai.audio.transcriptions.create({
      ...verbose,
      file: english(),
      timestamp_granularities: ["word"],
    });
    expect([words.words?.length, words.segments]).toEqual([timed.words?.length, undefined]);
  });

  it("text, srt and vtt: what the client gives is a string in that format", async () => {
    const create = (response_format: "text" | "srt" | "vtt") =>
      openai.audio.transcriptions.create({ file: english(), model, response_format });
    const [text, srt, vtt] = [await create("text"), await create("srt"), await create("vtt")];
    expect(text.split("\n")[0]).toBe("one two three");
    expect(srt).toMatch(/^1\n00:00:00,\d{3} --> 00:00:0\d,\d{3}\none two three\n\n2\n/);
    expect(vtt).toMatch(/^WEBVTT\n\n00:00\.\d{3} --> |^WEBVTT\n\n00:00:00\.\d{3} --> /);
  });

  it("stream: deltas that add up to the text of the last event", async () => {
    const stream = await openai.audio.transcriptions.create({ file: english(), model, stream: true });
    const events = await Array.fromAsync(stream);
    const deltas = events.flatMap((event) => (event.type === "transcript.text.delta" ? [event.delta] : []));
    expect(deltas.length).toBeGreaterThan(2);
    expect(events.at(-1)).toMatchObject({ type: "transcript.text.done", text: deltas.join("") });
    expect(deltas.join("")).toMatch(/^one two three four/);
  });

  it("language and temperature are the model's", async () => {
    const file = createReadStream(sample.german);
    const asked = { model, language: "de", temperature: 0.2, response_format: "verbose_json" } as const;
    const reply = await openai.audio.transcriptions.create({ file, ...asked });
    expect(reply.language).toBe("german");
    expect(reply.text).toContain("eins");
    expect(new Set(reply.segments?.map(({ temperature }) => temperature))).toEqual(new Set([0.2]));
  });

  it("translations have the same formats", async () => {
    const reply = await openai.audio.translations.create({ file: english(), model, response_format: "verbose_json" });
    // The demo model has learned no translations: what it makes of them is no matter.
    expect(reply).toMatchObject({ task: "translate", duration: expect.closeTo(15.04, 1), segments: expect.any(Array) });
    const srt = openai.audio.translations.create({ file: english(), model, response_format: "srt" });
    expect(typeof (await srt)).toBe("string");
  });

  it("of silence there is no text", async () => {
    const file = createReadStream(await silence(demo.directory, 2));
    expect((await openai.audio.transcriptions.create({ file, model })).text).toBe("");
  });

  it("models: the host's own by its name and as whisper-1", async () => {
    const ids = (await Array.fromAsync(openai.models.list())).map(({ id }) => id);
    expect(ids).toEqual([expect.stringContaining("demo"), "whisper-1"]);
    expect(await openai.models.retrieve(ids[0] ?? "")).toMatchObject({ id: ids[0], object: "model" });
    expect((await openai.audio.transcriptions.create({ file: english(), model: ids[0] ?? "" })).text).toContain("one");
  });
});

describe("a file that is too long to be done at once", () => {
  it("is an ordinary job, which is waited for; who sends it again meets the same one", async () => {
    const before = (await jobs()).length;
    const path = await repeated(demo.directory, 5);
    const create = () =>
      openai.audio.transcriptions.create({ file: createReadStream(path), model, response_format: "verbose_json" });
    const reply = await create();
    expect(reply.duration).toBeCloseTo(75.2, 0);
    expect(reply.segments?.at(-1)?.end).toBeGreaterThan(70);
    const [job, ...rest] = await jobs();
    expect([job?.status, rest.length]).toEqual(["done", before]);
    expect((await create()).text).toBe(reply.text);
    expect((await jobs()).length).toBe(before + 1);
    expect(formatTimestamp((reply.segments?.at(-1)?.end ?? 0) * 1000, ".")).toMatch(/^(00:)?01:1/);
  });
});

describe("errors come as the client's own classes, in OpenAI's shape", () => {
  const create = (more: object) => openai.audio.transcriptions.create({ file: english(), model, ...more });

  it("a wrong key, and none", async () => {
    const { models, audio } = clientOf("sk-wrong");
    for (const ask of [() => models.list(), () => audio.transcriptions.create({ file: english(), model })]) {
      const error = await refused(ask());
      expect(error).toBeInstanceOf(AuthenticationError);
      expect(error).toMatchObject({ status: 401, code: "invalid_api_key", type: "invalid_request_error" });
    }
    const bare = await fetch(`${demo.host.url}/v1/models`);
    expect([bare.status, await bare.json()]).toEqual([401, { error: expect.objectContaining({ param: null }) }]);
  });

  it("a model that is not here", async () => {
    const name = "gpt-4o-transcribe";
    for (const ask of [() => create({ model: name }), () => openai.models.retrieve(name)]) {
      const error = await refused(ask());
      expect(error).toBeInstanceOf(NotFoundError);
      expect(error).toMatchObject({ code: "model_not_found", param: "model" });
      expect(error.message).toContain("whisper-1");
    }
  });

  it.each<[string, object, string]>([
    ["a format that there is not", { response_format: "docx" }, "response_format"],
    ["words in a format without them", { timestamp_granularities: ["word"] }, "timestamp_granularities"],
    [
      "a granularity that there is not",
      { response_format: "verbose_json", timestamp_granularities: ["letter"] },
      "timestamp_granularities",
    ],
    ["a temperature that is too high", { temperature: 3 }, "temperature"],
    ["a language that nobody speaks", { language: "klingon" }, "language"],
    ["what this host cannot do", { include: ["logprobs"] }, "include[]"],
  ])("%s", async (_name, more, param) => {
    const error = await refused(create(more));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ param, type: "invalid_request_error", code: "request.invalid" });
    expect(error.requestID).toMatch(/\S/);
  });

  it("what is no audio, and what is empty", async () => {
    const text = await refused(create({ file: createReadStream(await textNamedMp4(demo.directory)) }));
    expect(text).toMatchObject({ status: 400, param: "file", code: "media.not_media" });
    const empty = await refused(create({ file: new File([], "a.mp3") }));
    expect(empty).toMatchObject({ status: 400, param: "file", code: "media.empty" });
  });

  it("a file that is too large for one request", async () => {
    const file = new File([await readFile(sample.english), Buffer.alloc(4_500_000)], "a.mp4");
    expect(await refused(create({ file }))).toMatchObject({ status: 413 });
  });
});
