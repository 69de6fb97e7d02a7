import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { HttpEvent } from "../http.ts";
import { readAudioRequest, type Task } from "./request.ts";

beforeAll(() => {
  vi.stubEnv(
    "MODEL_CARD",
    JSON.stringify({ id: "whisper-tiny", revision: "r", sha256: "s", precision: "int8", demo: false }),
  );
});
afterAll(() => vi.unstubAllEnvs());

async function read(fields: [name: string, value: string][], task: Task = "transcribe") {
  const form = new FormData();
  form.append("file", new File(["bytes"], "a.mp3"));
  if (!fields.some(([name]) => name === "model")) form.append("model", "whisper-tiny");
  for (const [name, value] of fields) form.append(name, value);
  const wire = new Response(form);
  const body = Buffer.from(await wire.arrayBuffer()).toString("base64");
  const headers = { "content-type": wire.headers.get("content-type") ?? "" };
  return readAudioRequest({ headers, body, isBase64Encoded: true } as unknown as HttpEvent, task);
}

describe("a request for a transcription", () => {
  it("has OpenAI's defaults", async () => {
    const { audio, fileName, options, ...rest } = await read([]);
    expect([audio.toString(), fileName]).toEqual(["bytes", "a.mp3"]);
    expect(rest).toEqual({ format: "json", granularities: ["segment"], stream: false });
    expect(options).toEqual({ task: "transcribe", mode: "parallel", words: false });
  });

  it.each<[string, [string, string][], object]>([
    ["a language by its code, tag or name", [["language", "German"]], { language: "de" }],
    ["a prompt", [["prompt", "Halfgig, Lambda"]], { initialPrompt: "Halfgig, Lambda" }],
    [
      "the end of a long prompt, which is what the model reads",
      [["prompt", `${"a".repeat(5000)}z`]],
      { initialPrompt: `${"a".repeat(1999)}z` },
    ],
    ["a blank prompt, which is none", [["prompt", "  "]], {}],
    ["a temperature, without fallback", [["temperature", "0.4"]], { temperatures: [0.4] }],
    ["temperature 0, with fallback", [["temperature", "0"]], {}],
    [
      "words",
      [
        ["response_format", "verbose_json"],
        ["timestamp_granularities[]", "word"],
        ["timestamp_granularities[]", "segment"],
      ],
      { words: true },
    ],
  ])("takes %s", async (_name, fields, options) => {
    const defaults = { task: "transcribe", mode: "parallel", words: false };
    expect((await read(fields)).options).toEqual({ ...defaults, ...options });
  });

  it.each<[string, [string, string][], string, Task?]>([
    ["a language for a translation, which is always English", [["language", "en"]], "language", "translate"],
    ["a stream of a translation", [["stream", "true"]], "stream", "translate"],
    ["a model of somebody else's", [["model", "tts-1"]], "model"],
    ["a temperature that is no number", [["temperature", "warm"]], "temperature"],
    ["a chunking strategy of its own", [["chunking_strategy", '{"type":"server_vad"}']], "chunking_strategy"],
    ["a name of every object's", [["constructor", "x"]], "constructor"],
  ])("refuses %s", async (_name, fields, param, task) => {
    await expect(read(fields, task)).rejects.toMatchObject({ code: "request.invalid", context: { param } });
  });
});
