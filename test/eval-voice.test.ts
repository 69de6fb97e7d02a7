import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesFromPcm } from "../layers/audio/index.ts";
import { power, Random } from "../scripts/eval/index.ts";
import {
  type Condition,
  cleanChain,
  codecs,
  conditions,
  controls,
  degradedChain,
  figures,
  figuresTable,
  folderVoices,
  openDetector,
  pairedTrials,
  parseOptions,
  reliabilityTable,
  type Scored,
  spokenVoices,
  suggestCalibration,
  type Trial,
  through,
  type VoiceSource,
} from "../scripts/eval-voice/index.ts";

const none = { kind: "none" } as const;

/** A voice of sorts: a buzz whose loudness moves. */
function buzz(samples: number, hz: number): Float32Array {
  return Float32Array.from({ length: samples }, (_, n) => {
    let sum = 0;
    for (let k = 1; k <= 10; k++) sum += Math.sin((2 * Math.PI * hz * k * n) / 16_000) / k;
    return 0.2 * sum * (1.1 + Math.sin((2 * Math.PI * 3 * n) / 16_000));
  });
}

const buzzes =
  (hz: number): VoiceSource =>
  async (samples) =>
    buzz(samples, hz);

async function collect(condition: Condition, count: number): Promise<Trial[]> {
  const sources = { human: buzzes(110), synthetic: buzzes(110) };
  return Array.fromAsync(pairedTrials(sources, { count, windowMs: 1000, condition, seed: "a test" }));
}

describe("eval:voice's recordings", () => {
  it.each(conditions)("of both kinds are as long, as loud, and as noisy (%s)", async (condition) => {
    const trials = await collect(condition, 4);
    expect(trials.map(({ spoof }) => spoof)).toEqual([false, true, false, true, false, true, false, true]);
    for (let i = 0; i < trials.length; i += 2) {
      // The two sources are one and the same here, so whatever differs would be the chain's doing.
      expect(trials[i + 1]!.pcm).toEqual(trials[i]!.pcm);
      expect(trials[i]!.pcm.length).toBeGreaterThanOrEqual(9600);
    }
  });

  it("are the same every time", async () => {
    expect(await collect("degraded", 2)).toEqual(await collect("degraded", 2));
  });

  it.each(codecs.map((codec) => [codec?.name ?? "no codec", codec] as const))("survive %s", async (_, codec) => {
    const pcm = buzz(16_000, 110);
    const chain = { ...cleanChain(pcm.length, new Random("codec")), codec, levelDb: -24 };
    const out = await through(chain, pcm);
    expect(out).toHaveLength(pcm.length);
    expect(Math.abs(10 * Math.log10(power(out)) + 24)).toBeLessThan(1.5);
  });

  it("are always in some noise, so that digital silence tells nothing", () => {
    const random = new Random("noise");
    for (let i = 0; i < 20; i++) {
      expect(power(degradedChain(1000, random).noise.samples)).toBeCloseTo(1, 1);
      expect(cleanChain(1000, random).noise.belowSpeechDb).toBeLessThanOrEqual(60);
    }
  });

  it("of a synthesizer follow one another with pauses until there is enough", async () => {
    const source = spokenVoices(async () => buzz(3000, 200), new Random("speech"));
    const pcm = await source(16_000);
    expect(pcm).toHaveLength(16_000);
    expect(pcm.subarray(0, 3000)).toEqual(buzz(3000, 200));
    expect(pcm.subarray(3000, 3800).every((value) => value === 0)).toBe(true);
  });
});

describe("a folder of recordings", () => {
  let directory = "";
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "halfgig-eval-voice-test-"));
    for (const name of ["7-1.wav", "8-1.wav", "notes.txt"])
      await writeFile(join(directory, name), wav(buzz(20_000, 110)));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it("gives cuts of the length that is asked for, and leaves out whom it shall", async () => {
    const source = await folderVoices(directory, (person) => person !== "7", new Random("folder"));
    expect(await source(16_000)).toHaveLength(16_000);
    await expect(folderVoices(directory, () => false, new Random("folder"))).rejects.toThrow("to be heard");
    await expect(source(32_000)).rejects.toThrow("2.0 s");
  });
});

describe("eval:voice's figures", () => {
  const scored = (bonaFide: number[], spoof: number[]): Scored[] =>
    bonaFide.flatMap((probability, i) => [
      { probability, spoof: false },
      { probability: spoof[i]!, spoof: true },
    ]);

  it("are perfect for a perfect detector, and those of a coin for one that hears nothing", () => {
    expect(figures(scored([0.001, 0.002], [0.998, 0.999]), none)).toMatchObject({
      equalErrorRate: 0,
      areaUnderRoc: 1,
      minimumCost: 0,
      falsePositiveRate: 0,
      falseNegativeRate: 0,
    });
    const coin = figures(scored([0.5, 0.5], [0.5, 0.5]), none);
    expect(coin).toMatchObject({ equalErrorRate: 0.5, areaUnderRoc: 0.5 });
    expect(coin.ratioCost).toBeCloseTo(1, 9);
    expect(coin.reliability.expectedCalibrationError).toBeCloseTo(0, 9);
  });

  it("use the card's calibration where odds are weighed, and order alone elsewhere", () => {
    const list = scored([0.6, 0.7, 0.8], [0.9, 0.95, 0.99]);
    const shifted = { kind: "platt", scale: 1, offset: -2, priorSpoof: 0.5, source: "a test" } as const;
    expect(figures(list, none).falsePositiveRate).toBe(1);
    expect(figures(list, shifted).falsePositiveRate).toBe(0);
    expect(figures(list, shifted).equalErrorRate).toBe(figures(list, none).equalErrorRate);
  });

  it("suggest a calibration that helps a detector that accuses too readily", () => {
    const random = new Random("calibration");
    const probability = (odds: number) => 1 / (1 + Math.exp(-odds));
    const draw = (centre: number) => Array.from({ length: 200 }, () => probability(centre + 2 * random.normal()));
    const { offset, ratioCostBefore, ratioCostAfter } = suggestCalibration(scored(draw(1), draw(5)));
    expect(offset).toBeLessThan(0);
    expect(ratioCostAfter).toBeLessThan(ratioCostBefore);
  });

  it("fit into tables", () => {
    const of = figures(scored([0.1, 0.2], [0.8, 0.9]), none);
    expect(figuresTable([{ set: "a set", condition: "clean", scorer: "a detector", figures: of }])).toContain("0.0 %");
    expect(reliabilityTable(of.reliability).split("\n")).toHaveLength(12);
  });
});

describe("eval:voice", () => {
  it.each([
    [["--count", "0"], "--count"],
    [["--precision", "int4"], "--precision"],
    [["--voice"], "--voice"],
  ])("refuses %j", (argv, word) => {
    expect(() => parseOptions(argv)).toThrow(word);
  });

  it("leaves out whom the demo model was trained on, but nobody in a folder of one's own", () => {
    const heard = (argv: string[]) => ["1688", "1998", "2033", "somebody"].filter(parseOptions(argv).isHeldOut);
    expect(heard([])).toEqual(["1688"]);
    expect(heard(["--human", "x"])).toEqual(["1688", "1998", "2033", "somebody"]);
    expect(heard(["--exclude", "1688,2033"])).toEqual(["1998", "somebody"]);
  });

  it("judges by the demo model, and by controls that know nothing of voices", async () => {
    const directory = await mkdtemp(join(tmpdir(), "halfgig-eval-voice-test-"));
    try {
      await using owned = new AsyncDisposableStack();
      const { scorer, windowMs, card } = await openDetector(parseOptions([]), directory, owned);
      expect(windowMs).toBe(card.windowMs);
      for (const one of [scorer, ...controls]) {
        const score = await one.score(buzz(16_000, 110));
        expect(score).toBeGreaterThan(0);
        expect(score).toBeLessThan(1);
      }
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});

/** A mono WAV of 16 bits at 16 kHz. */
function wav(pcm: Float32Array): Buffer {
  const data = bytesFromPcm(pcm);
  const header = Buffer.alloc(44);
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(36 + data.length, 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(16_000, 24);
  header.writeUInt32LE(32_000, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data]);
}
