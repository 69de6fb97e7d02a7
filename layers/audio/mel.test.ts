import { existsSync, readFileSync } from "node:fs";
import { inflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { logMel, maximumOf, melFilters, normalizeLogMel } from "./mel.ts";
import { pcmFromBytes } from "./pcm.ts";

const shippedFilters = "../shared/data/whisper-tiny-meta/mel_filters.npz";
const demoWav = "../shared/demo-models/whisper-demo/vectors/de_sentence.wav";

/** Two tones, one of them rising, and noise of a linear congruential generator: the same in any language. */
function goldenSignal(samples: number): Float32Array {
  let state = 12345;
  return Float32Array.from({ length: samples }, (_, i) => {
    const t = i / 16000;
    const tones = 0.3 * Math.sin(2 * Math.PI * 220 * t) + 0.1 * Math.sin(2 * Math.PI * (300 * t + 1500 * t * t));
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (Math.round(tones * 32768) + (state >>> 22) - 512) / 32768;
  });
}

/** One float32 array of a deflated .npz archive. */
function readNpz(path: string, name: string): Float32Array {
  const zip = readFileSync(path);
  for (
    let at = zip.indexOf("PK\u0001\u0002", 0, "latin1");
    at >= 0;
    at = zip.indexOf("PK\u0001\u0002", at + 4, "latin1")
  ) {
    const nameLength = zip.readUInt16LE(at + 28);
    if (zip.toString("latin1", at + 46, at + 46 + nameLength) !== `${name}.npy`) continue;
    const local = zip.readUInt32LE(at + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const npy = inflateRawSync(zip.subarray(start, start + zip.readUInt32LE(at + 20)));
    const data = npy.subarray(10 + npy.readUInt16LE(8));
    return new Float32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
  }
  throw new Error(`${name} is not in ${path}`);
}

describe("melFilters", () => {
  it("SPEECH 3: has Slaney's shape and area", () => {
    const filters = melFilters(80, 400, 16000);
    expect(filters.length).toBe(80 * 201);
    // The first filter at its highest bin, as in mel_filters.npz.
    expect(filters[1]).toBeCloseTo(0.02486259, 7);
    for (let m = 0; m < 80; m++) {
      expect(filters.subarray(m * 201, (m + 1) * 201).some((weight) => weight > 0)).toBe(true);
    }
  });

  it.skipIf(!existsSync(shippedFilters)).each([80, 128])(
    "SPEECH 3: equals Whisper's own mel_filters.npz at %i bins",
    (bins) => {
      const shipped = readNpz(shippedFilters, `mel_${bins}`);
      const computed = melFilters(bins, 400, 16000);
      expect(computed.length).toBe(shipped.length);
      let worst = 0;
      shipped.forEach((value, i) => {
        worst = Math.max(worst, Math.abs(value - computed[i]!));
      });
      expect(worst).toBeLessThan(1e-6);
    },
  );
});

describe("logMel", () => {
  // whisper.audio.log_mel_spectrogram before its normalisation (torch 1.13), 3 s of goldenSignal padded to 5 s.
  const golden: [bin: number, frame: number, log10: number][] = [
    [0, 0, 0.31915],
    [0, 1, -1.7677],
    [5, 0, 0.55624],
    [40, 0, -2.91195],
    [79, 0, -4.13377],
    [10, 100, -3.76115],
    [40, 100, -2.93528],
    [79, 150, -3.68768],
    [3, 299, -0.29679],
    [40, 299, -3.21977],
    [40, 300, -3.15485],
    [79, 301, -5.13822],
    [40, 302, -10],
    [0, 499, -10],
  ];

  it("SPEECH 2: equals the reference on a window that is padded with zeros", () => {
    const raw = logMel({ pcm: goldenSignal(48_000), melBins: 80, frames: 500 });
    expect(raw.length).toBe(80 * 500);
    for (const [bin, frame, log10] of golden) expect(Math.abs(raw[bin * 500 + frame]! - log10)).toBeLessThan(2e-4);
    expect(maximumOf(raw)).toBeCloseTo(1.2136368, 4);
    const normal = normalizeLogMel(raw);
    expect(normal.reduce((sum, value) => sum + value, 0) / normal.length).toBeCloseTo(-0.154874, 4);
    expect(normal[40 * 500]).toBeCloseTo(0.272011, 4);
    expect(normal[499]).toBeCloseTo(-0.696591, 4);
  });

  it("SPEECH 4: takes the file's maximum when it is given", () => {
    const raw = Float32Array.of(-10, -1, 0);
    expect([...normalizeLogMel(raw)]).toEqual([-1, 0.75, 1]);
    expect([...normalizeLogMel(raw, 4)]).toEqual([0, 0.75, 1]);
  });

  it("SPEECH 2: with context, a window's mel equals the same frames of the whole file", () => {
    const file = goldenSignal(32_000);
    const whole = logMel({ pcm: file, melBins: 80, frames: 200 });
    const window = logMel({
      pcm: file.subarray(8_000, 16_000),
      melBins: 80,
      frames: 50,
      context: { before: file.subarray(0, 8_000), after: file.subarray(16_000) },
    });
    for (let m = 0; m < 80; m++) {
      for (let t = 0; t < 50; t++) expect(window[m * 50 + t]).toBe(whole[m * 200 + 50 + t]);
    }
  });

  it("SPEECH 4: is the clamp for silence, and refuses what does not fit", () => {
    expect(new Set(logMel({ pcm: new Float32Array(0), melBins: 80, frames: 4 }))).toEqual(new Set([-10]));
    expect(() => logMel({ pcm: new Float32Array(641), melBins: 80, frames: 4 })).toThrow(RangeError);
  });

  it.skipIf(!existsSync(demoWav))("SPEECH 4: equals the demo model's recorded features", () => {
    const wav = readFileSync(demoWav);
    const pcm = pcmFromBytes(wav.subarray(44)).subarray(0, 160_000);
    const features = normalizeLogMel(logMel({ pcm, melBins: 80, frames: 1000 }));
    const first = [0.203935, 0.215303, 0.017369, 0.079731, 0.02423, -0.157264, -0.466982, -0.504731];
    const second = [-0.469303, 0.149366, 0.249583, 0.143818, -0.078853, -0.448523, -0.403762, -0.38999];
    for (const [m, value] of first.entries()) expect(features[m * 1000]).toBeCloseTo(value, 4);
    for (const [m, value] of second.entries()) expect(features[m * 1000 + 100]).toBeCloseTo(value, 4);
    expect(features.reduce((sum, value) => sum + value, 0) / features.length).toBeCloseTo(-0.346966, 5);
  });
});
