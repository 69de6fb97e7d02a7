import { describe, expect, it } from "vitest";
import { windowTranscriptSchema } from "../transcript/index.ts";
import {
  englishManifest,
  id,
  logitsOf,
  manifest,
  pcmOf,
  saying,
  scriptedModel,
  silentFeatures,
  tokenizer,
} from "./scripted-model.fixture.ts";
import { transcribeWindow, type WindowOptions } from "./transcribe-window.ts";

const { at, word } = id;

async function transcribe(
  { model, account }: ReturnType<typeof scriptedModel>,
  durationMs: number,
  options: Partial<WindowOptions> = {},
) {
  const defaults: WindowOptions = { task: "transcribe", features: silentFeatures };
  const transcript = await transcribeWindow(model, tokenizer, pcmOf(durationMs), { ...defaults, ...options });
  expect(account.open).toBe(0);
  return transcript;
}

describe("transcribeWindow", () => {
  it("gives segments with times, text, tokens and evidence", async () => {
    const sentence = [at(400), word(0), at(1000), at(1200), word(1), word(2), at(3000)];
    const transcript = await transcribe(scriptedModel(saying([sentence])), 8_000);
    expect(transcript).toMatchObject({
      language: { code: "de", decodedAs: "de", source: "detected" },
      silent: false,
      dropped: [],
      attempts: [{ seekMs: 0, temperature: 0, verdict: "ok", kept: true, tokenCount: 7 }],
    });
    expect(transcript.segments.map(({ startMs, endMs, text, flags }) => ({ startMs, endMs, text, flags }))).toEqual([
      { startMs: 400, endMs: 1000, text: "w0", flags: [] },
      { startMs: 1200, endMs: 3000, text: "w1 w2", flags: [] },
    ]);
    expect(transcript.segments[0]!.tokens).toEqual([at(400), word(0), at(1000)]);
  });

  it("gives what the transcript layer takes", async () => {
    const transcript = await transcribe(scriptedModel(saying([[at(400), word(0), at(1000)]])), 3_000);
    const { attempts: _attempts, noSpeechProb: _noSpeechProb, ...taken } = transcript;
    expect(windowTranscriptSchema.parse(JSON.parse(JSON.stringify(transcript)))).toMatchObject({
      ...taken,
      language: { code: "de", source: "detected", all: transcript.language.all },
    });
  });

  it("SPEECH 17: goes on where the model stopped, in the language it began with", async () => {
    const first = [at(0), word(0), at(2000), at(2000), word(1)];
    const second = [at(0), word(1), word(2), at(3000)];
    const scripted = scriptedModel((moment) =>
      saying([first, second], { language: moment.encoding === 0 ? id.es : id.en })(moment),
    );
    const seen: number[] = [];
    const features = (pcm: Float32Array) => {
      seen.push(pcm.length / 16);
      return silentFeatures();
    };
    const { segments, language } = await transcribe(scripted, 8_000, { features });
    expect(segments.map(({ startMs, endMs, text }) => [startMs, endMs, text])).toEqual([
      [0, 2000, "w0"],
      [2000, 5000, "w1 w2"],
    ]);
    expect(seen).toEqual([8000, 6000]);
    expect(language.code).toBe("es");
    expect(scripted.account.hypotheses[1]!.slice(0, 3)).toEqual([id.startOfTranscript, id.es, id.transcribe]);
  });

  it("keeps unfinished text, marked, when too little audio follows", async () => {
    const sentence = [at(0), word(0), at(2000), at(2000), word(1)];
    const { segments } = await transcribe(scriptedModel(saying([sentence])), 2_500);
    expect(segments.at(-1)).toMatchObject({ startMs: 2000, endMs: 2500, text: "w1", flags: ["open_end"] });
  });

  it("does not follow a model that always stops early for ever", async () => {
    const sentence = [at(0), word(0), at(100), at(100)];
    const scripted = scriptedModel(saying([sentence, sentence, sentence, sentence, sentence, sentence]));
    const { segments } = await transcribe(scripted, 10_000);
    expect(scripted.account.encodings).toHaveLength(4);
    expect(segments.map(({ startMs }) => startMs)).toEqual([0, 100, 200, 300]);
  });

  it("SPEECH 16: takes a window for silence without dropping its evidence", async () => {
    const scripted = scriptedModel(({ fed, sampled }) =>
      fed.length === 1
        ? logitsOf({ [id.noSpeech]: 10, [id.en]: 2 })
        : logitsOf({ [[at(0), word(0)][sampled.length] ?? id.endOfText]: 2 }, 0),
    );
    const transcript = await transcribe(scripted, 5_000);
    expect(transcript).toMatchObject({ silent: true, segments: [], attempts: [{ verdict: "silence", kept: true }] });
    expect(transcript.language).toMatchObject({ code: "und", candidates: [{ code: "en" }, {}, {}] });
    expect(transcript.noSpeechProb).toBeGreaterThan(0.9);
  });

  it("marks text that is probable although no speech was heard", async () => {
    const scripted = scriptedModel(saying([[at(0), word(0), at(1000)]], { noSpeech: 15 }));
    expect((await transcribe(scripted, 5_000)).segments[0]!.flags).toEqual(["likely_silence"]);
  });

  it("clips ends to the audio, and divides it with text that lies behind it (rule 30)", async () => {
    const sentence = [at(0), word(0), at(3000), at(6000), word(1), at(7000)];
    const { segments, dropped } = await transcribe(scriptedModel(saying([sentence])), 2_990);
    expect(segments.map(({ startMs, endMs, text }) => [startMs, endMs, text])).toEqual([
      [0, 1495, "w0"],
      [1495, 2990, "w1"],
    ]);
    expect(dropped).toEqual([]);
  });

  it("SPEECH 19: drops segments without text", async () => {
    const sentence = [at(0), word(0), at(1000), at(1000), id.blank, at(2000)];
    expect((await transcribe(scriptedModel(saying([sentence])), 5_000)).segments).toHaveLength(1);
  });

  it("SPEECH 15: marks the best attempt when all fail", async () => {
    const scripted = scriptedModel((moment) =>
      moment.fed.length === 1
        ? saying([[]])(moment)
        : logitsOf({ [[at(0), word(0), at(900)][moment.sampled.length] ?? id.endOfText]: 3 }, 0),
    );
    const { segments, attempts } = await transcribe(scripted, 1_500, { temperatures: [0, 0] });
    expect(attempts).toHaveLength(2);
    expect(segments[0]!.flags).toEqual(["fallback_exhausted", "low_logprob"]);
  });

  it("SPEECH 14: repeats itself byte for byte", async () => {
    const undecided = () =>
      scriptedModel(({ fed, sampled }) =>
        fed.length === 1 ? logitsOf({ [id.en]: 3 }) : logitsOf(sampled.length > 9 ? { [id.endOfText]: 9 } : {}, 0),
      );
    const run = async (seed: number) => JSON.stringify(await transcribe(undecided(), 5_000, { seed }));
    expect(await run(5)).toBe(await run(5));
    expect(await run(5)).not.toBe(await run(6));
  });

  it("works with an English-only checkpoint", async () => {
    const scripted = scriptedModel(saying([[at(0), word(0), at(1000)]]), englishManifest);
    const { language, segments } = await transcribe(scripted, 5_000);
    expect(language).toMatchObject({ code: "en", source: "model" });
    expect(segments[0]!.text).toBe("w0");
  });

  it.each([
    ["an empty window", 0, {}, /holds no audio/],
    ["a window longer than the model's", 10_001, {}, /10001 ms of audio.*at most 10000 ms/],
    ["an unknown language", 5_000, { language: "tlh" }, /does not know the language "tlh"/],
  ])("refuses %s", async (_name, durationMs, options, message) => {
    const scripted = scriptedModel(saying([[]]), manifest);
    await expect(transcribe(scripted, durationMs, options)).rejects.toThrow(message);
    expect(scripted.account.encodings).toEqual([]);
  });

  it("stops when aborted", async () => {
    const scripted = scriptedModel(saying([[at(0), word(0), at(1000)]]));
    await expect(transcribe(scripted, 5_000, { signal: AbortSignal.abort(new Error("stop")) })).rejects.toThrow("stop");
  });
});
