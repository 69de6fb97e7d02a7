import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openReceiver, type ReceivedRequest, type Receiver } from "../../test/support/receiver.ts";
import { pcmFromBytes } from "../audio/index.ts";
import { OpenAiProvider } from "./openai.ts";

type Seen = { path: string; headers: IncomingHttpHeaders; form: FormData };
type Answer = { status: number; body: unknown; headers?: Record<string, string> };

let service: Receiver;
let seen: Seen[];
let answers: Answer[];
let hangs: boolean;

/** The service: answers in turn, and keeps what it was sent. */
async function serve({ path, headers: sent, body: bytes }: ReceivedRequest, response: ServerResponse): Promise<void> {
  const type = sent["content-type"] ?? "";
  const form = await new Response(new Uint8Array(bytes), { headers: { "content-type": type } }).formData();
  seen.push({ path, headers: sent, form });
  if (hangs) return;
  const {
    status,
    body,
    headers = {},
  } = answers[Math.min(seen.length, answers.length) - 1] ?? { status: 500, body: "" };
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

beforeEach(async () => {
  seen = [];
  hangs = false;
  service = await openReceiver(serve);
});
afterEach(() => service[Symbol.asyncDispose]());

const provider = (retry = {}) =>
  new OpenAiProvider({
    baseUrl: `${service.url}/v1/`,
    apiKey: "sk-very-secret",
    model: "whisper-1",
    retry: { firstPauseMs: 1, ...retry },
  });
const pcm = Float32Array.from({ length: 16_000 }, (_, i) => (Math.round(Math.sin(i / 9) * 1000) + 0) / 32768);
const reply = {
  task: "transcribe",
  language: "german",
  duration: 1,
  text: "Eins, zwei. Drei.",
  segments: [
    {
      id: 0,
      start: 0,
      end: 0.5,
      text: " Eins, zwei.",
      tokens: [5, 6],
      temperature: 0,
      avg_logprob: -0.2,
      compression_ratio: 0.9,
      no_speech_prob: 0.01,
    },
    {
      id: 1,
      start: 0.5,
      end: 1.4,
      text: " Drei.",
      tokens: [7],
      temperature: 0.2,
      avg_logprob: -0.3,
      compression_ratio: 0.8,
      no_speech_prob: 0.02,
    },
  ],
  words: [
    { word: "Eins", start: 0, end: 0.2 },
    { word: "zwei", start: 0.25, end: 0.5 },
    { word: "Drei", start: 0.5, end: 1.2 },
  ],
};

describe("OpenAiProvider", () => {
  it("sends the window as WAV in a multipart form, and reads verbose_json", async () => {
    answers = [{ status: 200, body: reply }];
    const result = await provider().transcribeWindow(pcm, { task: "transcribe", words: true, prompt: "Zahlen" });
    const [{ path, headers, form } = {} as Seen] = seen;
    expect(path).toBe("/v1/audio/transcriptions");
    expect(headers.authorization).toBe("Bearer sk-very-secret");
    expect(Number(headers["content-length"])).toBeGreaterThan(32_000);
    expect(form.get("model")).toBe("whisper-1");
    expect(form.get("response_format")).toBe("verbose_json");
    expect(form.get("prompt")).toBe("Zahlen");
    expect(form.has("language")).toBe(false);
    expect(form.getAll("timestamp_granularities[]")).toEqual(["segment", "word"]);
    const file = form.get("file") as File;
    expect([file.name, file.type]).toEqual(["window.wav", "audio/wav"]);
    const bytes = new Uint8Array(await file.arrayBuffer());
    expect(Buffer.from(bytes.subarray(0, 4)).toString()).toBe("RIFF");
    expect([...pcmFromBytes(bytes.subarray(44))]).toEqual([...pcm]);

    expect(result.language).toMatchObject({ code: "de", source: "detected" });
    expect(result.segments.map(({ startMs, endMs, text }) => [startMs, endMs, text])).toEqual([
      [0, 500, "Eins, zwei."],
      [500, 1000, "Drei."],
    ]);
    expect(result.segments[0]).toMatchObject({ temperature: 0, avgLogprob: -0.2, tokens: [5, 6] });
    const words = result.segments.map((segment) => segment.words?.map(({ text }) => text));
    expect(words).toEqual([["Eins,", " zwei."], ["Drei."]]);
  });

  it("translates at the other address", async () => {
    answers = [{ status: 200, body: { text: "one" } }];
    const result = await provider().transcribeWindow(pcm, { task: "translate", language: "de" });
    expect(seen[0]?.path).toBe("/v1/audio/translations");
    expect(seen[0]?.form.has("language")).toBe(false);
    expect(result).toMatchObject({
      language: { code: "de", source: "given" },
      segments: [{ text: "one", endMs: 1000 }],
    });
  });

  it.each([
    ["429 with Retry-After", { status: 429, body: "", headers: { "retry-after": "0" } }],
    ["503", { status: 503, body: "<html>busy</html>" }],
  ])("tries again after %s", async (_name, answer) => {
    answers = [answer, answer, { status: 200, body: reply }];
    await expect(provider().transcribeWindow(pcm, { task: "transcribe" })).resolves.toMatchObject({ silent: false });
    expect(seen.length).toBe(3);
  });

  it("gives up where the service asks for more patience than there is time", async () => {
    answers = [{ status: 429, body: "", headers: { "retry-after": "3600" } }];
    const attempt = provider().transcribeWindow(pcm, { task: "transcribe" });
    await expect(attempt).rejects.toMatchObject({ code: "provider.unavailable", retryable: true });
    expect(seen.length).toBe(1);
  });

  it("gives up on a service that never answers", async () => {
    hangs = true;
    const attempt = provider({ timeoutMs: 30, attempts: 2 }).transcribeWindow(pcm, { task: "transcribe" });
    await expect(attempt).rejects.toMatchObject({ code: "provider.unavailable" });
  });

  it("does not repeat what is refused, and never says the key", async () => {
    const message = "Incorrect API key provided: sk-very-secret. You can find your key at …";
    answers = [{ status: 401, body: { error: { message } } }];
    const error = await provider()
      .transcribeWindow(pcm, { task: "transcribe" })
      .catch((cause: Error) => cause);
    expect(error).toMatchObject({ code: "provider.refused", retryable: false });
    expect(String((error as Error).stack)).not.toContain("sk-very-secret");
    expect((error as Error).message).toContain("Incorrect API key provided: (key)");
    expect(seen.length).toBe(1);
  });

  it.each([
    ["not JSON", "<html>"],
    ["another shape", { segments: [{ start: "soon" }] }],
  ])("refuses a reply that is %s", async (_name, body) => {
    answers = [{ status: 200, body }];
    const attempt = provider().transcribeWindow(pcm, { task: "transcribe" });
    await expect(attempt).rejects.toMatchObject({ code: "provider.refused" });
  });

  it("does not follow a redirect with the key", async () => {
    answers = [{ status: 302, body: "", headers: { location: "/elsewhere" } }];
    const attempt = provider({ attempts: 1 }).transcribeWindow(pcm, { task: "transcribe" });
    await expect(attempt).rejects.toMatchObject({ code: "provider.unavailable" });
    expect(seen.length).toBe(1);
  });
});
