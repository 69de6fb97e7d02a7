import { msToSamples } from "../audio/index.ts";
import type { Interval } from "./packing.ts";

/** 16 kHz mono samples of [startMs, endMs) of a recording. */
export type ReadPcm = (startMs: number, endMs: number) => Promise<Float32Array>;

/** A cut through a waveform is a click, and clicks are what detectors of splicing listen for. */
const fadeMs = 5;

/**
 * The audio of one window: its intervals one after the other, 16 kHz, 16 samples a millisecond. Both sides of a joint fade for 5 ms under
 * half a Hann window. What a source cannot deliver is silence.
 */
export async function windowAudio(intervals: readonly Interval[], read: ReadPcm): Promise<Float32Array> {
  const totalMs = intervals.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
  const pcm = new Float32Array(msToSamples(totalMs));
  let offset = 0;
  for (const [i, { startMs, endMs }] of intervals.entries()) {
    const length = msToSamples(endMs - startMs);
    const part = pcm.subarray(offset, offset + length);
    part.set((await read(startMs, endMs)).subarray(0, length));
    const fade = Math.min(msToSamples(fadeMs), length >> 1);
    if (i > 0) fadeIn(part, fade);
    if (i + 1 < intervals.length) fadeOut(part, fade);
    offset += length;
  }
  return pcm;
}

function gain(n: number, fade: number): number {
  return 0.5 - 0.5 * Math.cos((Math.PI * (n + 0.5)) / fade);
}

function fadeIn(pcm: Float32Array, fade: number): void {
  for (let n = 0; n < fade; n++) pcm[n]! *= gain(n, fade);
}

function fadeOut(pcm: Float32Array, fade: number): void {
  for (let n = 0; n < fade; n++) pcm[pcm.length - 1 - n]! *= gain(n, fade);
}
