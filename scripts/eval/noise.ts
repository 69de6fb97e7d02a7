import { sampleRateHz } from "../../layers/audio/index.ts";
import type { Random } from "./random.ts";
import { power } from "./signal.ts";

/** Noise of mean power 1: white, pink or brown, a quarter of it with hum. The kinds the demo model was trained with. */
export function noise(samples: number, random: Random): Float32Array {
  const colour = random.choice([white, white, pink, pink, brown]);
  const signal = withPowerOne(colour(samples, random));
  if (random.next() >= 0.25) return signal;
  const [low, high] = [random.uniform(50, 250), random.uniform(100, 800)].map(
    (hz) => (2 * Math.PI * hz) / sampleRateHz,
  );
  return withPowerOne(signal.map((value, n) => 0.3 * value + Math.sin(low! * n) + 0.5 * Math.sin(high! * n)));
}

/** Chords with a beat: sound that is neither speech nor noise. Mean power 1. */
export function music(samples: number, random: Random): Float32Array {
  const pcm = new Float32Array(samples);
  const beat = Math.round(sampleRateHz * random.uniform(0.3, 0.6));
  for (let from = 0; from < samples; from += beat) {
    const root = 110 * 2 ** (random.integer(0, 24) / 12);
    const notes = [1, 5 / 4, 3 / 2, 2].map((ratio) => (2 * Math.PI * root * ratio) / sampleRateHz);
    for (let n = from; n < Math.min(samples, from + beat); n++) {
      const envelope = Math.exp((-3 * (n - from)) / beat);
      for (const [i, step] of notes.entries()) pcm[n]! += (envelope * Math.sin(step * n)) / (i + 1);
    }
  }
  return withPowerOne(pcm);
}

export function white(samples: number, random: Random): Float32Array {
  return Float32Array.from({ length: samples }, () => random.normal());
}

/** −3 dB an octave: Paul Kellet's filter for white noise, economy version. */
export function pink(samples: number, random: Random): Float32Array {
  let [a, b, c] = [0, 0, 0];
  return Float32Array.from({ length: samples }, () => {
    const value = random.normal();
    a = 0.99765 * a + 0.099046 * value;
    b = 0.963 * b + 0.2965164 * value;
    c = 0.57 * c + 1.0526913 * value;
    return a + b + c + 0.1848 * value;
  });
}

/** −6 dB an octave above 50 Hz. */
function brown(samples: number, random: Random): Float32Array {
  const leak = 1 - (2 * Math.PI * 50) / sampleRateHz;
  let sum = 0;
  return Float32Array.from({ length: samples }, () => {
    sum = leak * sum + random.normal();
    return sum;
  });
}

function withPowerOne(pcm: Float32Array): Float32Array {
  const scale = 1 / Math.sqrt(power(pcm) + 1e-12);
  return pcm.map((value) => value * scale);
}
