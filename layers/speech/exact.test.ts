import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LogMelMaximum, logMel, normalizeLogMel } from "../audio/index.ts";
import { type ExactInput, type ExactSlice, transcribeExact } from "./exact.ts";
import { exactFeatures, type PcmSource } from "./exact-audio.ts";
import { type ExactCheckpoint, type ExactOptions, exactStart } from "./exact-checkpoint.ts";
import { id, logitsOf, type Moment, saying, scriptedModel, tokenizer } from "./scripted-model.fixture.ts";

const { at, word } = id;

/** Uneven noise, so that every stretch has a mel of its own. */
function noise(durationMs: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length: durationMs * 16 }, (_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32 - 0.5) * (0.2 + 0.1 * Math.sin(i / 9_000));
  });
}

function sourceOf(pcm: Float32Array): PcmSource & { reads: [number, number][] } {
  const reads: [number, number][] = [];
  return {
    durationMs: Math.ceil(pcm.length / 16),
    reads,
    async read(startMs, endMs) {
      reads.push([startMs, endMs]);
      return pcm.slice(startMs * 16, endMs * 16);
    },
  };
}

type Scripted = ReturnType<typeof scriptedModel>;

/** Runs slices until the file is done, handing checkpoints on as JSON. */
async function run(
  { model, account }: Scripted,
  durationMs: number,
  options: Partial<ExactOptions> = {},
  shouldStop = () => false,
) {
  const all: ExactOptions = { task: "transcribe", language: "en", ...options };
  const audio = sourceOf(noise(durationMs));
  const total: Pick<ExactSlice, "segments" | "windows" | "dropped" | "attempts"> & { slices: number } = {
    segments: [],
    windows: [],
    dropped: [],
    attempts: [],
    slices: 0,
  };
  let checkpoint: ExactCheckpoint = exactStart(all);
  for (let done = false; !done; ) {
    const input: ExactInput = { model, tokenizer, audio, melMaximum: 0, checkpoint, options: all, shouldStop };
    const slice = await transcribeExact(input);
    for (const key of ["segments", "windows", "dropped", "attempts"] as const)
      total[key].push(...(slice[key] as never[]));
    const json = JSON.stringify(slice.checkpoint);
    expect(json.length).toBeLessThan(16_384);
    checkpoint = JSON.parse(json);
    done = slice.done;
    total.slices++;
  }
  expect(account.open).toBe(0);
  return { ...total, checkpoint, reads: audio.reads };
}

const texts = (segments: { text: string; startMs: number; endMs: number }[]) =>
  segments.map(({ startMs, endMs, text }) => [startMs, endMs, text]);

/** The tokens before start-of-transcript, without start-of-prev. */
const promptOf = (fed: number[]) => fed.slice(1, fed.indexOf(id.startOfTranscript));

/** Says the sentence of the encoding, with this certainty, whatever prompt stands before it. */
function sentences(list: number[][], options: { peak?: number; noSpeech?: number } = {}) {
  const script = saying(list, { language: id.en, ...options });
  return scriptedModel((moment) => script(moment));
}

describe("transcribeExact", () => {
  it("SPEECH 17: goes on at the last timestamp of a pair, and after a single ending one at the window's end", async () => {
    const scripted = sentences([
      [at(0), word(0), at(4000), at(4000), word(1)],
      [at(0), word(1), at(3000)],
      [at(100), word(2), at(1000)],
    ]);
    const { segments, windows } = await run(scripted, 16_000);
    expect(texts(segments)).toEqual([
      [0, 4000, "w0"],
      [4000, 7000, "w1"],
      [14_100, 15_000, "w2"],
    ]);
    expect(windows.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
      [0, 4000],
      [4000, 14_000],
      [14_000, 16_000],
    ]);
  });

  it("SPEECH 17: text without a pair advances the whole window and is marked", async () => {
    const { segments, windows } = await run(sentences([[at(500), word(0)]]), 9_000);
    expect(segments).toMatchObject([{ startMs: 500, endMs: 9_000, flags: ["open_end"] }]);
    expect(windows).toHaveLength(1);
  });

  it("SPEECH 17: seek always advances, and the windows partition the file", async () => {
    const token = fc.oneof(
      fc.nat(8).map((n) => word(n)),
      fc.nat(100).map((n) => at(n * 100)),
    );
    const script = fc.array(fc.array(token, { maxLength: 12 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(script, fc.integer({ min: 10, max: 25_000 }), async (list, durationMs) => {
        const scripted = sentences(list);
        const { windows, segments } = await run(scripted, durationMs, { temperatures: [0] });
        let cursor = 0;
        for (const { startMs, endMs } of windows) {
          expect(startMs).toBe(cursor);
          expect(endMs).toBeGreaterThan(startMs);
          cursor = endMs;
        }
        expect(cursor).toBe(Math.floor(durationMs / 10) * 10);
        for (const { startMs, endMs } of segments)
          expect(0 <= startMs && startMs < endMs && endMs <= cursor).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it("SPEECH 17: slices of one window, their checkpoints as JSON, equal one uninterrupted run", async () => {
    const list = Array.from({ length: 9 }, (_, n) => [at(0), word(n), at(3000 + 200 * n), at(3000 + 200 * n)]);
    const options = { initialPrompt: "w3 w4", hotwords: "w9", temperatures: [0, 0.4] };
    // The script counts encodings over all slices, so each run needs a model of its own.
    const whole = await run(sentences(list), 30_000, options);
    const sliced = await run(sentences(list), 30_000, options, () => true);
    expect(sliced.slices).toBe(whole.windows.length);
    expect(whole.slices).toBe(1);
    const { slices: _a, reads: _b, ...expected } = whole;
    const { slices: _c, reads: _d, ...actual } = sliced;
    expect(actual).toEqual(expected);
  });

  it("SPEECH 16: a silent window advances by itself, keeps the prompt, and never ends the file", async () => {
    const quiet = (moment: Moment) =>
      moment.fed.at(-1) === id.startOfTranscript
        ? logitsOf({ [id.noSpeech]: 10, [id.en]: 2 })
        : logitsOf({ [[at(0), word(9)][moment.sampled.length] ?? id.endOfText]: 2 }, 0);
    const spoken = saying([[at(0), word(0), at(2000)], [], [at(0), word(1), at(1000)]], { language: id.en });
    const scripted = scriptedModel((moment) => (moment.encoding === 1 ? quiet(moment) : spoken(moment)));
    const { windows, segments } = await run(scripted, 25_000);
    expect(windows.map(({ startMs, endMs, silent }) => [startMs, endMs, silent])).toEqual([
      [0, 10_000, false],
      [10_000, 20_000, true],
      [20_000, 25_000, false],
    ]);
    expect(texts(segments)).toEqual([
      [0, 2000, "w0"],
      [20_000, 21_000, "w1"],
    ]);
    const last = scripted.account.hypotheses.findLast((fed) => fed.includes(word(1)))!;
    expect(promptOf(last)).toEqual([at(0), word(0), at(2000)]);
  });

  it("SPEECH 18: the text so far is the next prompt, hotwords stand before it, the initial prompt begins it", async () => {
    const list = [0, 1, 2].map((n) => [at(0), word(n), at(9000)]);
    const scripted = sentences(list);
    await run(scripted, 30_000, { initialPrompt: " w7 w8 ", hotwords: "w5" });
    const prompts = scripted.account.hypotheses
      .filter((fed) => fed.length > fed.indexOf(id.startOfTranscript) + 1)
      .map(promptOf);
    expect(prompts).toEqual([
      [word(5), word(7), word(8)],
      [word(5), word(7), word(8), at(0), word(0), at(9000)],
      [word(5), word(7), word(8), at(0), word(0), at(9000), at(0), word(1), at(9000)],
    ]);
  });

  it("SPEECH 18: a carried initial prompt stands before every window, also where what was said is dropped", async () => {
    const list = [0, 1, 2].map((n) => [at(0), word(n), at(9000)]);
    const decoded = async (options: Partial<ExactOptions>) => {
      const scripted = sentences(list, { peak: 40 });
      const carried = { initialPrompt: "w7 w8", carryInitialPrompt: true, ...options };
      // In slices, because each slice has nothing but the checkpoint and the options.
      await run(scripted, 30_000, carried, () => true);
      return scripted.account.hypotheses
        .filter((fed) => fed.length > fed.indexOf(id.startOfTranscript) + 1)
        .map(promptOf);
    };
    const initial = [word(7), word(8)];
    expect(await decoded({ hotwords: "w5" })).toEqual([
      [word(5), ...initial],
      [word(5), ...initial, at(0), word(0), at(9000)],
      [word(5), ...initial, at(0), word(0), at(9000), at(0), word(1), at(9000)],
    ]);
    expect(await decoded({ conditionOnPreviousText: false })).toEqual([initial, initial, initial]);
    expect(await decoded({ temperatures: [0.6] })).toEqual([initial, initial, initial]);
  });

  it("SPEECH 18: a carried prompt takes room from what was said, not the other way; too long, it gives up its beginning", async () => {
    const long = [at(0), ...Array.from({ length: 20 }, (_, n) => word(n % 5)), at(9000)];
    const lastPrompt = async (count: number) => {
      const scripted = sentences([long, long, long]);
      const initialPrompt = Array.from({ length: count }, (_, n) => `w${10 + (n % 7)}`).join(" ");
      await run(scripted, 30_000, { initialPrompt, carryInitialPrompt: true, compressionRatioThreshold: null });
      return promptOf(
        scripted.account.hypotheses.findLast((fed) => fed.length > fed.indexOf(id.startOfTranscript) + 1)!,
      );
    };
    const initial = (count: number) => Array.from({ length: count }, (_, n) => word(10 + (n % 7)));
    expect(await lastPrompt(12)).toEqual([...initial(12), ...long.slice(-19)]);
    expect(await lastPrompt(40)).toEqual(initial(40).slice(-31));
  });

  it("SPEECH 18: a prompt holds the end of the text, and hotwords no more than half of it", async () => {
    const long = [at(0), ...Array.from({ length: 20 }, (_, n) => word(n % 10)), at(9000)];
    const scripted = sentences([long, long, long]);
    await run(scripted, 30_000, {
      hotwords: Array.from({ length: 40 }, () => "w6").join(" "),
      compressionRatioThreshold: null,
    });
    for (const fed of scripted.account.hypotheses.slice(1)) expect(promptOf(fed).length).toBeLessThanOrEqual(31);
    const last = promptOf(
      scripted.account.hypotheses.at(-2)!.length > 1
        ? scripted.account.hypotheses.at(-2)!
        : scripted.account.hypotheses.at(-1)!,
    );
    expect(last).toHaveLength(31);
    expect(last.slice(0, 15)).toEqual(new Array(15).fill(word(6)));
    expect(last.slice(15)).toEqual(long.slice(-16));
  });

  it("SPEECH 18: conditioning off, or a temperature above 0.5, drops the prompt", async () => {
    const list = [0, 1].map((n) => [at(0), word(n), at(9000)]);
    for (const options of [{ conditionOnPreviousText: false }, { temperatures: [0.6] }]) {
      const scripted = sentences(list, { peak: 40 });
      const { checkpoint } = await run(scripted, 20_000, { ...options, initialPrompt: "w7" });
      expect(checkpoint.promptTokens).toEqual([]);
      const second = scripted.account.hypotheses.findLast((fed) => fed.includes(word(1)))!;
      expect(second[0]).toBe(id.startOfTranscript);
    }
    const kept = sentences(list, { peak: 40 });
    expect((await run(kept, 20_000, { temperatures: [0.4] })).checkpoint.promptTokens).toContain(word(0));
  });

  it("SPEECH 18: a prompt that leaves a window with speech empty is dropped, and the window decoded again", async () => {
    const spoken = saying(
      [
        [at(0), word(0), at(9000)],
        [at(0), word(1), at(9000)],
      ],
      { language: id.en },
    );
    const scripted = scriptedModel((moment) =>
      moment.fed.includes(word(0)) && moment.fed[0] === id.startOfPrev && moment.sampled.length === 1
        ? logitsOf({ [id.endOfText]: 30 })
        : spoken(moment),
    );
    const { segments, attempts, checkpoint } = await run(scripted, 20_000);
    expect(texts(segments)).toEqual([
      [0, 9000, "w0"],
      [10_000, 19_000, "w1"],
    ]);
    expect(attempts.map(({ seekMs, kept }) => [seekMs, kept])).toEqual([
      [0, true],
      [10_000, false],
      [10_000, true],
    ]);
    expect(checkpoint.promptTokens).toEqual([at(0), word(1), at(9000)]);
  });

  it("SPEECH 19: clips decode what they name and nothing else", async () => {
    const list = Array.from({ length: 6 }, (_, n) => [at(0), word(n), at(1000)]);
    const { windows } = await run(sentences(list), 40_000, { clipTimestamps: [1.5, 3, 12, 25, 39] });
    expect(windows.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
      [1500, 3000],
      [12_000, 22_000],
      [22_000, 25_000],
      [39_000, 40_000],
    ]);
    expect(() => exactStart({ task: "transcribe", clipTimestamps: [5, 1] })).toThrow(/rising order/);
    expect((await run(sentences([]), 5_000, { clipTimestamps: [9, 12] })).windows).toEqual([]);
  });

  it("text behind the audio is placed in what is left of it, and stays in the prompt (rule 30)", async () => {
    const tokens = [at(0), word(0), at(5000), at(6000), word(1), at(7000)];
    const { segments, dropped, checkpoint } = await run(sentences([tokens]), 5_500);
    expect(texts(segments)).toEqual([
      [0, 5000, "w0"],
      [5000, 5500, "w1"],
    ]);
    expect(segments[1]!.flags).toContain("placed");
    expect(dropped).toEqual([]);
    expect(checkpoint.promptTokens).toEqual(tokens);
  });

  it("SPEECH 20: what is said again and again across windows is marked, and stays", async () => {
    const list = Array.from({ length: 6 }, () => [at(0), word(0), word(1), at(9000)]);
    const { segments } = await run(sentences(list), 60_000, { speech: [[0, 30_000]] }, () => true);
    expect(segments.map(({ hallucination }) => hallucination.repeats)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(segments.map(({ hallucination }) => hallucination.verdict)).toEqual([
      "clear",
      "clear",
      "clear",
      "likely",
      "likely",
      "likely",
    ]);
    expect(segments[4]!.flags).toContain("hallucination");
  });

  it("SPEECH 7: the file's language is heard where speech is, once, and windows keep what was heard in them", async () => {
    const list = Array.from({ length: 9 }, () => [at(0), word(0), at(9000)]);
    const script = (moment: Moment) => saying(list, { language: moment.encoding === 0 ? id.es : id.de })(moment);
    const scripted = scriptedModel(script);
    const speech = [[12_000, 14_000]] as const;
    const { windows, checkpoint, reads } = await run(scripted, 20_000, { language: undefined, speech }, () => true);
    expect(checkpoint.language).toBe("es");
    expect(reads[0]).toEqual([12_000 - 13, 20_000]);
    // Nobody speaks in the first window: it is the file's language that it is decoded in. The second is sure of another.
    expect(windows.map(({ language }) => [language.code, language.decodedAs, language.source])).toEqual([
      ["de", "es", "detected"],
      ["de", "de", "detected"],
    ]);
    const multilingual = await run(scriptedModel(script), 20_000, { language: undefined, speech, multilingual: true });
    expect(multilingual.windows.map(({ language }) => language.decodedAs)).toEqual(["de", "de"]);
  });

  it.each([
    ["a foreign checkpoint", { checkpoint: { seekMs: 3 } as never }, /checkpoint of exact mode/],
    ["an unknown language", { options: { task: "transcribe", language: "tlh" } }, /does not know/],
    ["a beam of nothing", { options: { task: "transcribe", beamSize: 0 } }, /beamSize/],
    ["an impatient beam", { options: { task: "transcribe", beamSize: 5, patience: -1 } }, /patience/],
  ] as const)("refuses %s", async (_name, own, message) => {
    const { model } = sentences([]);
    const options: ExactOptions = { task: "transcribe" };
    const input = { model, tokenizer, audio: sourceOf(noise(100)), melMaximum: 0, options, shouldStop: () => false };
    await expect(transcribeExact({ ...input, checkpoint: exactStart(options), ...own })).rejects.toThrow(message);
  });
});

describe("exactFeatures", () => {
  const pcm = noise(3_007);
  const sizes = { sampleRateHz: 16_000, hopMs: 10, melBins: 80, maxFrames: 200 };
  const maximum = new LogMelMaximum();
  maximum.push(pcm);
  const melMaximum = maximum.finish();
  const whole = normalizeLogMel(logMel({ pcm, melBins: 80, frames: 304 }), melMaximum);

  it("SPEECH 5: a decode window is cut out of the file's log-mel and padded with literal 0.0", async () => {
    for (const [startMs, endMs] of [
      [0, 2_000],
      [1_230, 3_000],
      [2_990, 3_000],
    ] as const) {
      const mel = await exactFeatures(sourceOf(pcm), sizes, { startMs, endMs }, { melMaximum, filling: "zero" });
      const frames = (endMs - startMs) / 10;
      for (const bin of [0, 33, 79]) {
        const row = mel.subarray(bin * 200, (bin + 1) * 200);
        expect(row.subarray(0, frames)).toEqual(whole.subarray(bin * 304 + startMs / 10, bin * 304 + endMs / 10));
        expect(row.subarray(frames).every((value) => value === 0)).toBe(true);
      }
    }
  });

  it("SPEECH 5: a language window is padded with the mel of silence", async () => {
    const span = { startMs: 2_000, endMs: 3_000 };
    const mel = await exactFeatures(sourceOf(pcm), sizes, span, { melMaximum, filling: "silence" });
    const silence = (Math.max(-10, melMaximum - 8) + 4) / 4;
    expect(mel[150]).toBeCloseTo(silence, 6);
    expect(mel[79 * 200 + 199]).toBeCloseTo(silence, 6);
  });
});
