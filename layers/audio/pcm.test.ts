import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesFromPcm, PcmReader, pcmFromBytes, samplesToMs } from "./pcm.ts";

describe("PCM", () => {
  it("SPEECH 1: divides s16le by 32768", () => {
    expect([...pcmFromBytes(Uint8Array.of(0x00, 0x80, 0xff, 0x7f, 0x00, 0x40))]).toEqual([-1, 32767 / 32768, 0.5]);
  });

  it("round-trips and clips", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const even = bytes.subarray(0, bytes.length - (bytes.length % 2));
        expect(bytesFromPcm(pcmFromBytes(even))).toEqual(Uint8Array.from(even));
      }),
    );
    expect([...pcmFromBytes(bytesFromPcm(Float32Array.of(1.5, -2)))]).toEqual([32767 / 32768, -1]);
  });

  it("puts samples together again that were split over chunks", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(7)), (bytes, cuts) => {
        const reader = new PcmReader();
        const samples: number[] = [];
        let from = 0;
        for (const cut of [...cuts, bytes.length]) {
          const to = Math.min(bytes.length, from + cut);
          samples.push(...reader.push(bytes.subarray(from, to)));
          from = to;
        }
        const odd = bytes.length % 2;
        expect(samples).toEqual([...pcmFromBytes(bytes.subarray(0, bytes.length - odd))]);
        expect(reader.pendingBytes).toBe(odd);
      }),
    );
  });

  it("counts a started millisecond", () => {
    expect([samplesToMs(0), samplesToMs(1), samplesToMs(16), samplesToMs(17)]).toEqual([0, 1, 1, 2]);
  });
});
