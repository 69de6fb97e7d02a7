import { createReadStream } from "node:fs";
import OpenAI, { APIError } from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parseEvents } from "../../client/events.ts";
import { type DemoHost, openDemoHost } from "./support/demo-host.ts";
import { repeated, sample, textNamedMp4 } from "./support/media.ts";
import { heard, type ScriptedService, serveScript, written } from "./support/scripted-service.ts";
import { sendWithTranscript } from "./support/send.ts";

const srt = `1
00:00:01,000 --> 00:00:04,000
The committee met on Tuesday to talk about the harvest.

2
00:00:05,000 --> 00:00:08,000
Grapes were late this year, because of the cold spring.
`;

let service: ScriptedService;
let demo: DemoHost;
let openai: OpenAI;
beforeAll(async () => {
  service = await serveScript();
  demo = await openDemoHost({
    ...{ ASR_PROVIDER: "openai", ANSWER_PROVIDER: "openai", ANSWER_MODEL: "scripted", MAX_CONCURRENCY: "1" },
    ...{ OPENAI_API_KEY: "sk-service", OPENAI_BASE_URL: service.url },
  });
  openai = new OpenAI({ baseURL: `${demo.host.url}/v1`, apiKey: demo.host.accessToken, maxRetries: 0 });
});
afterAll(async () => {
  await demo[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
});
beforeEach(() => {
  service.windows = 0;
  service.hears = (response) => heard(response, `Window ${service.windows}.`);
});

/** So many windows of a clip may arrive in any order. */
const together = 4;

/** Of a file's windows the first are recognised; the others when the promise is kept. */
function holdLaterOnes() {
  const released = Promise.withResolvers<void>();
  service.hears = async (response) => {
    const number = service.windows;
    if (number > together) await released.promise;
    heard(response, `Window ${number}.`);
  };
  return released;
}

describe("a transcription that is streamed", () => {
  it.each([
    ["a clip, which is done at once", 3],
    ["a longer file, which is a job", 5],
  ])("gives its first words before its last window is recognised: %s", async (_name, times) => {
    const held = holdLaterOnes();
    const file = createReadStream(await repeated(demo.directory, times));
    const stream = await openai.audio.transcriptions.create({ file, model: "whisper-1", stream: true });
    const deltas: string[] = [];
    let done: string | undefined;
    for await (const event of stream) {
      if (event.type === "transcript.text.delta") deltas.push(event.delta);
      if (event.type === "transcript.text.done") done = event.text;
      // If this came only with the rest, the rest would never come.
      if (deltas.length === 1) held.resolve();
    }
    expect(deltas[0]).toMatch(/^Window \d\.$/);
    expect(service.windows).toBeGreaterThan(together);
    expect(deltas.join("")).toBe(done);
    expect(done?.match(/Window/g)).toHaveLength(service.windows);
  });

  it("ends with an error of the client's own where recognition breaks off later", async () => {
    const held = holdLaterOnes();
    const answer = service.hears;
    service.hears = async (response) => {
      if (service.windows <= together) return answer(response);
      await held.promise;
      response.writeHead(401).end("{}");
    };
    const file = createReadStream(await repeated(demo.directory, 3));
    const stream = await openai.audio.transcriptions.create({ file, model: "whisper-1", stream: true, language: "de" });
    const seen: string[] = [];
    const failure = await (async () => {
      for await (const { type } of stream) {
        seen.push(type);
        held.resolve();
      }
    })().catch((error: unknown) => error);
    expect(seen).toContain("transcript.text.delta");
    expect(seen).not.toContain("transcript.text.done");
    expect(failure).toBeInstanceOf(APIError);
    expect(failure).toMatchObject({ code: "provider.refused", type: "server_error" });
  });

  it("is refused in the usual way where that is known before there is any text", async () => {
    const file = createReadStream(await textNamedMp4(demo.directory));
    const asked = openai.audio.transcriptions.create({ file, model: "whisper-1", stream: true });
    await expect(asked).rejects.toMatchObject({ status: 400, param: "file", code: "media.not_media" });
  });

  it("stops recognising when the client has gone", async () => {
    const begun = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    service.hears = (response) => {
      if (service.windows <= together) return heard(response, "Early.");
      begun.resolve();
      response.on("close", gone.resolve);
    };
    const file = createReadStream(await repeated(demo.directory, 3));
    const stream = await openai.audio.transcriptions.create({ file, model: "whisper-1", stream: true, language: "fr" });
    for await (const event of stream) {
      expect(event).toMatchObject({ type: "transcript.text.delta", delta: "Early." });
      await begun.promise;
      break;
    }
    await gone.promise;
    expect(service.windows).toBe(together + 1);
  });
});

type Event = { name: string; data: Record<string, unknown> };

describe("an answer that is streamed", () => {
  let jobId: string;
  beforeAll(async () => {
    const given = { format: "srt", text: srt, directory: demo.directory } as const;
    ({ jobId } = await sendWithTranscript(demo.api, sample.english, given));
    const found = async () => (await demo.api.search({ q: "grapes", job: jobId })).passages.length > 0;
    while (!(await found())) await new Promise((resolve) => setTimeout(resolve, 100));
  });

  const question = "Why were the grapes late?";
  const ask = (body: object, signal?: AbortSignal, headers: Record<string, string> = {}) =>
    fetch(`${demo.host.url}/v1/ask`, {
      method: "POST",
      headers: { authorization: `Bearer ${demo.host.accessToken}`, "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
      ...(signal ? { signal } : {}),
    });
  async function* eventsOf(reply: Response): AsyncGenerator<Event> {
    expect(reply.headers.get("content-type")).toBe("text/event-stream");
    for await (const { name, data } of parseEvents(reply.body!)) yield { name: name ?? "", data: JSON.parse(data) };
  }

  it("comes as it is written: passages, then words, with each citation before the words that name it", async () => {
    const goOn = Promise.withResolvers<void>();
    service.writes = async (response) => {
      response.write(written("Because spring "));
      response.write(written("was cold"));
      await goOn.promise;
      response.write(written(" [9] [1"));
      response.end(`${written("].")}data: [DONE]\n\n`);
    };
    const events: Event[] = [];
    for await (const event of eventsOf(await ask({ question, job: jobId, stream: true }))) {
      events.push(event);
      if (event.name === "delta") goOn.resolve();
    }
    const [first] = events;
    expect(first).toMatchObject({
      name: "passages",
      data: { question, passages: [{ jobId, fileName: "digits.mp4" }] },
    });
    const names = events.map(({ name }) => name);
    expect(names.filter((name, n) => name !== names[n - 1])).toEqual([
      "passages",
      "delta",
      "citation",
      "delta",
      "done",
    ]);
    const text = events.flatMap(({ name, data }) => (name === "delta" ? [data.delta] : [])).join("");
    expect(text).toBe("Because spring was cold [1].");
    const citation = { number: 1, jobId, startMs: 1000, media: `/v1/jobs/${jobId}/media#t=1` };
    expect(events.find(({ name }) => name === "citation")?.data).toMatchObject(citation);
    expect(events.at(-1)?.data).toMatchObject({
      text,
      by: "model",
      model: "scripted",
      citations: [citation],
      notes: [],
    });
    // The same in one piece.
    service.writes = (response) => void response.end(written("Because spring was cold [9] [1]."));
    expect(await (await ask({ question, job: jobId })).json()).toEqual(events.at(-1)?.data);
  });

  it("ends with a problem where the model breaks off", async () => {
    service.writes = (response) =>
      void response.end(`${written("Because ")}data: {"error":{"message":"overloaded"}}\n\n`);
    const events = await Array.fromAsync(eventsOf(await ask({ question }, undefined, { accept: "text/event-stream" })));
    expect(events.map(({ name }) => name)).toEqual(["passages", "delta", "error"]);
    expect(events.at(-1)?.data).toMatchObject({ code: "answer.failed", status: 502 });
    expect(JSON.stringify(events)).not.toContain("overloaded");
  });

  it("is not written any further when the client has gone", async () => {
    const gone = Promise.withResolvers<void>();
    service.writes = (response) => {
      response.write(written("Because "));
      response.on("close", gone.resolve);
    };
    const leaving = new AbortController();
    for await (const { name } of eventsOf(await ask({ question, stream: true }, leaving.signal))) {
      if (name === "delta") break;
    }
    leaving.abort();
    await gone.promise;
    service.writes = (response) => void response.end(written("Cold [1]."));
    expect(await (await ask({ question })).json()).toMatchObject({ text: "Cold [1]." });
  });

  describe("at the function's own address, where nobody else looks", () => {
    const call = async (functionName: string, path: string, headers: Record<string, string>, method = "POST") => {
      const { prelude, body } = await demo.host.lambda.invokeStreaming(functionName, {
        ...{ version: "2.0", routeKey: "$default", rawPath: path, rawQueryString: "", isBase64Encoded: false },
        headers: { "content-type": "application/json", ...headers },
        requestContext: { apiId: "x", requestId: "r", http: { method, path } },
        body: JSON.stringify({ question }),
      });
      const text = (await Array.fromAsync(body as AsyncIterable<Buffer>, String)).join("");
      return { status: prelude?.statusCode, body: JSON.parse(text) as Record<string, unknown> };
    };
    const good = () => ({ authorization: `Bearer ${demo.host.accessToken}` });

    it("answers whoever may ask", async () => {
      service.writes = (response) => void response.end(written("Cold [1]."));
      expect(await call("ask", "/v1/ask", good())).toMatchObject({ status: 200, body: { text: "Cold [1]." } });
    });

    it.each<[string, string, string, Record<string, string> | undefined, string | undefined, number]>([
      ["without a token", "ask", "/v1/ask", {}, "POST", 401],
      ["with a wrong one", "ask", "/v1/ask", { authorization: "Bearer hg_wrong" }, "POST", 401],
      ["another path", "ask", "/v1/keys", undefined, "POST", 404],
      ["another method", "ask", "/v1/ask", undefined, "GET", 404],
      ["audio without a token", "openaiAudio", "/v1/audio/transcriptions", {}, "POST", 401],
    ])("refuses: %s", async (_name, functionName, path, headers, method, status) => {
      const refused = await call(functionName, path, headers ?? good(), method);
      expect(refused.status).toBe(status);
      expect(refused.body).toMatchObject(functionName === "ask" ? { status } : { error: { code: "invalid_api_key" } });
    });
  });
});
