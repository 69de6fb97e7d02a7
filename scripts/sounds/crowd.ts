import { sampleRateHz } from "../../layers/audio/index.ts";
import { withPowerOne } from "./level.ts";
import type { SoundMaker, SoundOptions } from "./sound.ts";

/** People who talk at once: each voice is as loud as any, begins somewhere in what it says, and goes on with another's words. */
export function babble({ samples, random, voices = [] }: SoundOptions, talkers: number): Float32Array {
  if (voices.length === 0) throw new RangeError("a crowd needs voices to be made of");
  const pcm = new Float32Array(samples);
  for (let talker = 0; talker < talkers; talker++) {
    for (let at = 0, skip = random.integer(0, 2 * sampleRateHz); at < samples; skip = 0) {
      const said = withPowerOne(random.choice(voices)).subarray(skip);
      for (let n = 0; n < said.length && at + n < samples; n++) pcm[at + n]! += said[n]!;
      at += said.length;
    }
  }
  return withPowerOne(pcm);
}

/** A crowd around one: 24 people at once. */
export const crowd: SoundMaker = (options) => babble(options, 24);

/**
 * A crowd far off: forty people at once, whose words run backwards so that no part of it says anything, in a reverberant room, without
 * what is above 1 kHz.
 */
export const distantCrowd: SoundMaker = (options) => {
  const pcm = babble(options, 40).reverse();
  const { random } = options;
  const echoes = Array.from({ length: 24 }, () => ({
    delay: Math.round(random.uniform(0.02, 0.6) * sampleRateHz),
    loudness: random.uniform(0.1, 0.5),
  }));
  const far = pcm.map((value, n) =>
    echoes.reduce((sum, { delay, loudness }) => sum + loudness * (pcm[n - delay] ?? 0), value),
  );
  return withPowerOne(lowPassed(lowPassed(far, 1_000), 1_000));
};

/** 6 dB an octave above `hz`. */
export function lowPassed(pcm: Float32Array, hz: number): Float32Array {
  const share = 1 - Math.exp((-2 * Math.PI * hz) / sampleRateHz);
  let level = 0;
  return pcm.map((value) => {
    level += share * (value - level);
    return level;
  });
}
