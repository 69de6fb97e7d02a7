import { join } from "node:path";
import { sampleRateHz } from "../../../layers/audio/index.ts";
import { type GateOptions, Silero, sileroPath, VoiceActivityDetector } from "../../../layers/voice-activity/index.ts";
import { Random } from "../../eval/random.ts";
import {
  applause,
  atDecibels,
  cafe,
  chords,
  crowd,
  drums,
  hum,
  keyboard,
  mixedAt,
  nonSpeech,
  pinkNoise,
  type SoundMaker,
  whiteNoise,
} from "../../sounds/index.ts";
import { type Labelled, labelledSpeech, recordingsOf } from "./labelled.ts";
import { askPackage } from "./package.ts";
import { type FrameScore, scoreFrames } from "./score.ts";

export { type FrameScore, meanScore } from "./score.ts";

export type VoiceActivityOptions = {
  /** A Python with silero-vad, or with faster-whisper, which has a copy of it. Without one the column is left out. */
  python?: string | undefined;
  /** The folder whose folder `human` has recordings of readers (LibriSpeech's names). */
  data: string;
  /** Instead of the detector's own, for trials. */
  gate?: GateOptions;
};

export type VoiceActivityTable = {
  speechMs: number;
  durationMs: number;
  /** What the package is; undefined where it was not asked. */
  peer: string | undefined;
  /** A row for speech without noise (both null), and one for each noise at each ratio. */
  noisy: { noise: string | null; snrDb: number | null; ours: FrameScore; theirs: FrameScore | undefined }[];
  /** What is called speech in sounds in which nobody speaks. */
  nonSpeech: { name: string; durationMs: number; oursMs: number; theirsMs: number | undefined }[];
  /** Processor time of the whole detector. */
  cpuSecondsPerHour: number;
};

const noises: Record<string, SoundMaker> = {
  "white noise": whiteNoise,
  "pink noise": pinkNoise,
  hum,
  chords,
  drums,
  applause,
  keyboard,
  crowd,
  café: cafe,
};
export const snrsDb = [20, 10, 5, 0] as const;
const readers = 10;
/** Crowds are made of other people. */
const crowdReaders = 40;
const nonSpeechSeconds = 30;

/** Our voice activity beside the silero-vad package's, frame by frame, on speech in noises and on sounds without speech. */
export async function voiceActivityTable({ python, data, gate }: VoiceActivityOptions): Promise<VoiceActivityTable> {
  const human = join(data, "human");
  const speech = await labelledSpeech(human, { readers });
  const voices = await recordingsOf(human, { readers: crowdReaders, skip: readers });
  const cases = [{ noise: null, snrDb: null, pcm: speech.pcm }, ...mixtures(speech, voices)];
  const sounds = nonSpeech.map(({ name, levelDb, make }) => {
    const random = new Random(`voice activity, ${name}`);
    return { name, pcm: atDecibels(make({ samples: nonSpeechSeconds * sampleRateHz, random, voices }), levelDb) };
  });
  const all = [...cases, ...sounds].map(({ pcm }) => pcm);
  // Both sides at once, a core each: what is measured here is this process' own CPU time.
  const asked = python ? askPackage(python, all) : undefined;
  await using silero = await Silero.open(sileroPath);
  const before = process.cpuUsage();
  const found: boolean[][] = [];
  for (const pcm of all) found.push(await speechFrames(silero, pcm, gate));
  const used = process.cpuUsage(before);
  const peer = await asked;
  const hours = all.reduce((sum, { length }) => sum + length, 0) / sampleRateHz / 3_600;
  return {
    speechMs: lengthMs(speech.isSpeech),
    durationMs: 10 * speech.isSpeech.length,
    peer: peer?.version,
    noisy: cases.map(({ noise, snrDb }, i) => ({
      noise,
      snrDb,
      ours: scoreFrames(speech.isSpeech, found[i]!),
      theirs: peer && scoreFrames(speech.isSpeech, peer.isSpeech[i]!),
    })),
    nonSpeech: sounds.map(({ name, pcm }, i) => ({
      name,
      durationMs: (1_000 * pcm.length) / sampleRateHz,
      oursMs: lengthMs(found[cases.length + i]!),
      theirsMs: peer && lengthMs(peer.isSpeech[cases.length + i]!),
    })),
    cpuSecondsPerHour: (used.user + used.system) / 1e6 / hours,
  };
}

/** The speech in every noise at every ratio, of the powers where there is speech. */
function mixtures({ pcm, isSpeech }: Labelled, voices: readonly Float32Array[]) {
  const hop = pcm.length / isSpeech.length;
  // mixedAt takes the mean power over all of it; the silence between is none of it.
  const silenceDb = 10 * Math.log10(isSpeech.length / isSpeech.filter((speech) => speech).length);
  return Object.entries(noises).flatMap(([noise, make]) => {
    const sound = make({ samples: hop * isSpeech.length, random: new Random(`voice activity in ${noise}`), voices });
    return snrsDb.map((snrDb) => ({ noise, snrDb, pcm: mixedAt(pcm, sound, snrDb - silenceDb) }));
  });
}

async function speechFrames(silero: Silero, pcm: Float32Array, gate?: GateOptions): Promise<boolean[]> {
  const detector = new VoiceActivityDetector(silero, gate);
  const frames = [...(await detector.push(pcm)), ...(await detector.flush())];
  return frames.map(({ kind }) => kind === "speech");
}

const lengthMs = (isSpeech: readonly boolean[]) => 10 * isSpeech.filter((speech) => speech).length;
