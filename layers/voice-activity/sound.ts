import { type ActivityFrame, frameMs, NoiseFloor, samplesToMs } from "../audio/index.ts";
import {
  binCount,
  binPower,
  firstBin,
  halo,
  hop,
  lastBin,
  newSpectrum,
  type Spectrum,
  SpectrumAnalyser,
} from "./spectrum.ts";

/** A frame is decided when this many later ones are known: the noise floor has then seen a second of what follows. */
const lookaheadFrames = 100;
/** A sound reaches this far before and after itself: soft onsets and endings belong to it. */
const preRollFrames = 10;
const postRollFrames = 20;

/** Below this nothing is heard in any recording: dither and the last bit of 16. */
const digitalSilenceDb = -75;
/** A steady background louder than this is sound of its own and not the room. */
const roomNoiseDb = -45;
/** Mean log likelihood ratio per bin from which a frame is more than background. */
const activeRatio = 0.6;
/** Frames this far below the recording's loudest must stand out more: a room is never quite still. */
const faintBelowLoudestDb = 30;
const faintActiveRatio = 6;
/** A steady background this far below the loudest is the room, however loud it is. */
const backgroundBelowLoudestDb = 15;
/** Loudness is averaged over about 200 ms, so that a slammed door does not count, and forgotten by 1 dB a second. */
const loudnessUpdate = 0.05;
const loudnessDecayDb = 0.01;

/** A frame of which nobody has asked yet whether it is speech. */
export type SoundFrame = Omit<ActivityFrame, "kind" | "voice"> & { kind: "silence" | "other" };

/**
 * Tells sound from silence on 16 kHz mono audio, as a stream and in constant memory; frames of 10 ms, 1.1 s late.
 *
 * The likelihood-ratio test of Sohn, Kim & Sung, "A Statistical Model-Based Voice Activity Detection", IEEE Signal Processing
 * Letters 6(1), 1999, with decision-directed a-priori SNR (Ephraim & Malah 1984) over the background of `NoiseFloor`.
 */
export class SoundDetector {
  readonly #analyser = new SpectrumAnalyser();
  readonly #noise = new NoiseFloor({ bins: binCount, blockFrames: 50, blockCount: 9, floor: binPower(-80) });
  readonly #ring: Spectrum[] = Array.from({ length: ringFrames }, newSpectrum);
  readonly #isSound = new Uint8Array(ringFrames);
  readonly #priorAmplitude = new Float64Array(binCount);
  /** The samples of the next frame with its halo on both sides; the file starts in silence. */
  readonly #samples = new Float32Array(hop + 2 * halo);
  #loudness = 0;
  #loudestDb = -Infinity;
  #filled = halo;
  #total = 0;
  #analysed = 0;
  #judged = 0;
  #emitted = 0;

  /** Decisions that have become possible. `pcm` may have any length. */
  push(pcm: Float32Array): SoundFrame[] {
    const out: SoundFrame[] = [];
    this.#total += pcm.length;
    this.#feed(pcm, out);
    return out;
  }

  /** The remaining decisions, to the last sample. The detector is spent afterwards. */
  flush(): SoundFrame[] {
    const out: SoundFrame[] = [];
    const frames = Math.ceil(this.#total / hop);
    const zeros = new Float32Array(hop);
    while (this.#analysed < frames) this.#feed(zeros, out);
    while (this.#judged < frames) this.#judge();
    while (this.#emitted < frames) out.push(this.#emit(frames));
    const last = out.at(-1);
    if (last) last.endMs = Math.min(last.endMs, samplesToMs(this.#total));
    return out;
  }

  #feed(pcm: Float32Array, out: SoundFrame[]): void {
    const samples = this.#samples;
    for (let at = 0; at < pcm.length; ) {
      const take = Math.min(pcm.length - at, samples.length - this.#filled);
      samples.set(pcm.subarray(at, at + take), this.#filled);
      this.#filled += take;
      at += take;
      if (this.#filled < samples.length) return;
      this.#analyse();
      samples.copyWithin(0, hop);
      this.#filled -= hop;
      if (this.#analysed > lookaheadFrames) this.#judge();
      if (this.#judged > preRollFrames) out.push(this.#emit(this.#judged));
    }
  }

  #analyse(): void {
    const spectrum = this.#ring[this.#analysed % ringFrames]!;
    this.#analyser.compute(this.#samples, spectrum);
    // The first windows hold zeros from before the file.
    if (this.#analysed >= framesInHalo) this.#noise.push(spectrum.power);
    this.#loudness += loudnessUpdate * (10 ** (spectrum.levelDb / 10) - this.#loudness);
    this.#loudestDb = Math.max(10 * Math.log10(this.#loudness), this.#loudestDb - loudnessDecayDb);
    this.#analysed += 1;
  }

  /** Decides frame `#judged`. */
  #judge(): void {
    const index = this.#judged % ringFrames;
    const spectrum = this.#ring[index]!;
    const { levelDb } = spectrum;
    const ratio = this.#logLikelihoodRatio(spectrum);
    const faint = levelDb < this.#loudestDb - faintBelowLoudestDb;
    const active = levelDb > digitalSilenceDb && ratio > (faint ? faintActiveRatio : activeRatio);
    const steady = levelDb > Math.max(roomNoiseDb, this.#loudestDb - backgroundBelowLoudestDb);
    this.#isSound[index] = active || steady ? 1 : 0;
    this.#judged += 1;
  }

  #logLikelihoodRatio({ power }: Spectrum): number {
    const prior = this.#priorAmplitude;
    let sum = 0;
    let product = 1;
    for (let k = firstBin; k <= lastBin; k++) {
      const perNoise = 1 / this.#noise.at(k);
      const posterior = Math.min(power[k]! * perNoise, 1000);
      const snr = Math.max(1e-3, 0.95 * prior[k]! * perNoise + 0.05 * Math.max(posterior - 1, 0));
      const gain = snr / (1 + snr);
      sum += posterior * gain;
      prior[k] = gain * gain * power[k]!;
      // The sum of log(1 + snr): a logarithm of eight bins costs what one of a bin does. No snr is above 1e12.
      product *= 1 + snr;
      if (k % 8 === 0) {
        sum -= Math.log(product);
        product = 1;
      }
    }
    return (sum - Math.log(product)) / (lastBin - firstBin + 1);
  }

  #emit(known: number): SoundFrame {
    const frame = this.#emitted;
    const from = Math.max(0, frame - postRollFrames);
    const to = Math.min(known, frame + preRollFrames + 1);
    let isSound = false;
    for (let t = from; t < to && !isSound; t++) isSound = this.#isSound[t % ringFrames] === 1;
    this.#emitted += 1;
    const startMs = frame * frameMs;
    const { levelDb } = this.#ring[frame % ringFrames]!;
    return { startMs, endMs: startMs + frameMs, kind: isSound ? "other" : "silence", levelDb };
  }
}

const framesInHalo = 2;
const ringFrames = lookaheadFrames + preRollFrames + postRollFrames + 8;
