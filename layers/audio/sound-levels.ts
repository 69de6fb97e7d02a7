/** How loud audio is, in dB over an arbitrary zero, one value per {@link levelStepMs}. */
export type SoundLevels = Float32Array;

/** A frame of the mel. */
export const levelStepMs = 10;

/** dB that one unit of normalised log-mel stands for: it is (log10 of the power + 4) / 4. */
const dbPerUnit = 40;

/**
 * How loud each frame is, from features that were computed anyway: the mean over the mel bins of their level in dB. Unlike the
 * level of the sum it hears a voiceless consonant, which fills the upper bins, over a room whose noise is in the lower ones.
 *
 * @param mel normalised log-mel, `[melBins, frames]` row-major
 * @param count frames from the first that hold real audio; the rest is filling
 */
export function melLevels(mel: Float32Array, melBins: number, count: number): SoundLevels {
  const frames = mel.length / melBins;
  const levels = new Float32Array(Math.max(0, Math.min(count, frames)));
  for (let bin = 0; bin < melBins; bin++) {
    const row = bin * frames;
    for (let t = 0; t < levels.length; t++) levels[t]! += mel[row + t]!;
  }
  for (let t = 0; t < levels.length; t++) levels[t]! *= dbPerUnit / melBins;
  return levels;
}

/** Quantiles of the levels that stand for the background and for speech: robust against a click and a drop-out. */
const backgroundShare = 0.05;
const speechShare = 0.95;
/** Less than this between the two, and level does not tell sound from silence: music, a crowd, or nothing but noise. */
const minRangeDb = 12;
/** What is this close to the background is silence; where noise leaves little room, a share of it. */
const silenceDb = 8;
const silenceShare = 0.2;
/** Levels of less audio than this say nothing about its background. */
const minFrames = 20;

/** 1 for every frame that is as quiet as the background, else 0; undefined where level does not tell sound from silence. */
export function silentFrames(levels: SoundLevels): Uint8Array | undefined {
  if (levels.length < minFrames) return undefined;
  const sorted = levels.toSorted();
  const backgroundDb = sorted[Math.floor(levels.length * backgroundShare)]!;
  const rangeDb = sorted[Math.floor(levels.length * speechShare)]! - backgroundDb;
  if (rangeDb < minRangeDb) return undefined;
  const soundDb = backgroundDb + Math.min(silenceDb, rangeDb * silenceShare);
  return Uint8Array.from(levels, (levelDb) => (levelDb < soundDb ? 1 : 0));
}
