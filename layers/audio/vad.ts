import type { ActivityFrame, ActivityKind } from "./activity.ts";
import { NoiseFloor } from "./noise-floor.ts";
import { samplesToMs } from "./pcm.ts";
import {
  bandCount,
  bandLevels,
  binCount,
  binPower,
  FeatureExtractor,
  type Features,
  firstBin,
  halo,
  hop,
  lastBin,
  newFeatures,
} from "./vad-features.ts";

export const frameMs = 10;

/** A frame is decided when this many later ones are known. */
const lookaheadFrames = 100;
/** Frames on either side over which sound is judged to be speech or something else. */
const contextFrames = 50;
/** A decision reaches this far before and after itself: soft onsets and endings belong to the word. */
const preRollFrames = 10;
const postRollFrames = 20;

/** Below this nothing is heard in any recording: dither and the last bit of 16. */
const digitalSilenceDb = -75;
/** A steady background louder than this is sound of its own and not the room. */
const roomNoiseDb = -45;
/** Mean log likelihood ratio per bin from which a frame is more than background. */
const activeRatio = 0.6;
/** The same for frames that stand in the middle of speech. */
const doubtfulRatio = 0.15;
/** Frames this far below the recording's loudest must stand out more: a room is never quite still. */
const faintBelowLoudestDb = 30;
const faintActiveRatio = 6;
/** A steady background this far below the loudest is the room, however loud it is. */
const backgroundBelowLoudestDb = 15;
/** Loudness is averaged over about 200 ms, so that a slammed door does not count, and forgotten by 1 dB a second. */
const loudnessUpdate = 0.05;
const loudnessDecayDb = 0.01;
const speechFramesMin = 5;
/** Mean change of the spectrum's shape over 50 ms, in dB, that speech exceeds. */
const speechChangeDb = 3.6;
/** One onset or end counts for this much at most: a ring tone is not speech for being switched on and off. */
const changeCapDb = 12;
const backgroundMarginDb = 5;
/** Share of voiced frames that speech exceeds. */
const speechVoicedShare = 0.08;
const voicedCorrelation = 0.6;

/**
 * Streaming voice activity detection on 16 kHz mono audio in constant memory; every 10 ms is called speech, other sound or silence.
 *
 * Whether there is more than background: the likelihood-ratio test of Sohn, Kim & Sung, "A Statistical Model-Based Voice Activity
 * Detection", IEEE Signal Processing Letters 6(1), 1999, with decision-directed a-priori SNR (Ephraim & Malah 1984) over the
 * background of `NoiseFloor`. Whether it is speech: how much the spectrum's shape changes within syllables (after the long-term
 * variability of Ghosh, Tsiartas & Narayanan, IEEE TASLP 19(3), 2011) and whether there is a pitch at all.
 * In doubt it says speech: a wrong "silence" loses words, a wrong "speech" costs time.
 * Decisions come 1.1 s late.
 */
export class VoiceActivityDetector {
  readonly #extractor = new FeatureExtractor();
  readonly #noise = new NoiseFloor({ bins: binCount, blockFrames: 50, blockCount: 9, floor: binPower(-80) });
  readonly #ring: Features[] = Array.from({ length: ringFrames }, newFeatures);
  /** Per frame of the ring: spectral change against five frames earlier. */
  readonly #change = new Float64Array(ringFrames);
  readonly #raw = new Uint8Array(ringFrames);
  readonly #priorAmplitude = new Float64Array(binCount);
  readonly #background = new Float64Array(bandCount);
  readonly #backgroundPower = new Float64Array(binCount);
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
  push(pcm: Float32Array): ActivityFrame[] {
    const out: ActivityFrame[] = [];
    this.#total += pcm.length;
    this.#feed(pcm, out);
    return out;
  }

  /** The remaining decisions, to the last sample. The detector is spent afterwards. */
  flush(): ActivityFrame[] {
    const out: ActivityFrame[] = [];
    const frames = Math.ceil(this.#total / hop);
    const zeros = new Float32Array(hop);
    while (this.#analysed < frames) this.#feed(zeros, out);
    while (this.#judged < frames) this.#judge(frames);
    while (this.#emitted < frames) out.push(this.#emit(frames));
    const last = out.at(-1);
    if (last) last.endMs = Math.min(last.endMs, samplesToMs(this.#total));
    return out;
  }

  #feed(pcm: Float32Array, out: ActivityFrame[]): void {
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
      if (this.#analysed > lookaheadFrames) this.#judge(this.#analysed);
      if (this.#judged > preRollFrames) out.push(this.#emit(this.#judged));
    }
  }

  #analyse(): void {
    const index = this.#analysed % ringFrames;
    const features = this.#ring[index]!;
    this.#extractor.compute(this.#samples, features);
    // The first windows hold zeros from before the file.
    if (this.#analysed >= framesInHalo) this.#noise.push(features.power);
    this.#loudness += loudnessUpdate * (10 ** (features.levelDb / 10) - this.#loudness);
    this.#loudestDb = Math.max(10 * Math.log10(this.#loudness), this.#loudestDb - loudnessDecayDb);
    const earlier = this.#ring[(this.#analysed + ringFrames - 5) % ringFrames]!;
    this.#change[index] = this.#analysed < 5 ? 0 : shapeChange(features, earlier, this.#backgroundDb());
    this.#analysed += 1;
  }

  #backgroundDb(): Float64Array {
    const background = this.#background;
    const power = this.#backgroundPower;
    for (let k = 0; k < binCount; k++) power[k] = this.#noise.at(k);
    bandLevels(power, background);
    return background;
  }

  /** Decides frame `#judged` on its own and its context, of the `known` first frames. */
  #judge(known: number): void {
    const frame = this.#judged;
    const index = frame % ringFrames;
    const ratio = this.#logLikelihoodRatio(this.#ring[index]!);
    const level = this.#ring[index]!.levelDb;
    const faint = level < this.#loudestDb - faintBelowLoudestDb;
    const active = level > digitalSilenceDb && ratio > (faint ? faintActiveRatio : activeRatio);
    let kind = silence;
    if (level > digitalSilenceDb && ratio > (faint ? faintActiveRatio : doubtfulRatio) && this.#isSpeech(frame, known))
      kind = speech;
    else if (active || level > Math.max(roomNoiseDb, this.#loudestDb - backgroundBelowLoudestDb)) kind = other;
    this.#raw[index] = kind;
    this.#judged += 1;
  }

  #logLikelihoodRatio({ power }: Features): number {
    const prior = this.#priorAmplitude;
    let sum = 0;
    for (let k = firstBin; k <= lastBin; k++) {
      const noise = this.#noise.at(k);
      const posterior = Math.min(power[k]! / noise, 1000);
      const snr = Math.max(1e-3, 0.95 * (prior[k]! / noise) + 0.05 * Math.max(posterior - 1, 0));
      const gain = snr / (1 + snr);
      sum += posterior * gain - Math.log1p(snr);
      prior[k] = gain * gain * power[k]!;
    }
    return sum / (lastBin - firstBin + 1);
  }

  #isSpeech(frame: number, known: number): boolean {
    const from = Math.max(0, frame - contextFrames);
    const to = Math.min(known, frame + contextFrames + 1);
    const centre = this.#ring[frame % ringFrames]!.levelDb;
    let change = 0;
    let voiced = 0;
    let loud = 0;
    for (let t = from; t < to; t++) {
      const { levelDb, voicing } = this.#ring[t % ringFrames]!;
      const frameChange = this.#change[t % ringFrames]!;
      if (frameChange === nothingAbove || levelDb < Math.max(digitalSilenceDb, centre - 25)) continue;
      loud += 1;
      change += frameChange;
      if (voicing > voicedCorrelation) voiced += 1;
    }
    return loud >= speechFramesMin && change / loud > speechChangeDb && voiced / loud > speechVoicedShare;
  }

  #emit(known: number): ActivityFrame {
    const frame = this.#emitted;
    const from = Math.max(0, frame - postRollFrames);
    const to = Math.min(known, frame + preRollFrames + 1);
    let kind = this.#raw[frame % ringFrames]!;
    for (let t = from; t < to && kind !== speech; t++) kind = Math.max(kind, this.#raw[t % ringFrames]!);
    this.#emitted += 1;
    const startMs = frame * frameMs;
    return { startMs, endMs: startMs + frameMs, kind: kinds[kind]!, levelDb: this.#ring[frame % ringFrames]!.levelDb };
  }
}

const silence = 0;
const other = 1;
const speech = 2;
const nothingAbove = -1;
const framesInHalo = 2;
const kinds: ActivityKind[] = ["silence", "other", "speech"];
const ringFrames = lookaheadFrames + preRollFrames + Math.max(contextFrames, postRollFrames) + 8;

/**
 * Mean absolute difference of two log spectra in dB, over the bands in which either is above the background and within
 * 45 dB of the louder frame.
 */
function shapeChange(a: Features, b: Features, backgroundDb: Float64Array): number {
  const relative = Math.max(a.levelDb, b.levelDb) - 45;
  let sum = 0;
  let count = 0;
  for (let i = 0; i < bandCount; i++) {
    const floor = Math.max(backgroundDb[i]! + backgroundMarginDb, relative);
    if (a.bands[i]! <= floor && b.bands[i]! <= floor) continue;
    sum += Math.abs(Math.max(a.bands[i]!, floor) - Math.max(b.bands[i]!, floor));
    count += 1;
  }
  return count === 0 ? nothingAbove : Math.min(sum / Math.max(count, 3), changeCapDb);
}
