import { MediaError } from "../core/index.ts";
import type { Benchmark, VoiceCard } from "./card.ts";

/** The id of the voice model that is shipped with halfgig. */
export const demoVoiceModelId = "demo-ast";

/**
 * Bayes decisions for equal priors, by the odds that a verdict must be worth. `recall` raises an alarm at 3 : 2 and clears a voice at 9 : 1 only;
 * `precision` accuses at 9 : 1 only; `balanced` asks 3 : 1 of both.
 */
const operatingPoints: VoiceCard["operatingPoints"] = {
  recall: { spoofAbove: Math.log(1.5), bonaFideBelow: -Math.log(9) },
  balanced: { spoofAbove: Math.log(3), bonaFideBelow: -Math.log(3) },
  precision: { spoofAbove: Math.log(9), bonaFideBelow: -Math.log(3) },
};

/** podonos/audio-dfd-benchmark: public, labels kept private, half human and half synthetic. */
function podonos(accuracy: number, falsePositiveRate: number, falseNegativeRate: number): Benchmark {
  const source = "podonos/audio-dfd-benchmark (4,524 files, about 25 current synthesis and cloning systems)";
  return { source, independent: true, accuracy, falsePositiveRate, falseNegativeRate };
}

const defaults = {
  format: 1,
  demo: false,
  minSpeechMs: 1000,
  minWindows: 1,
  // Windows of one recording share speaker, room, codec and synthesizer: ten of them are worth less than two that are independent.
  windowCorrelation: 0.5,
  calibration: { kind: "none" },
  operatingPoints,
} as const satisfies Partial<VoiceCard>;

/** 1,024 fbank frames, 10 ms apart. */
const astWindowMs = 10_240;

const cards: readonly VoiceCard[] = [
  {
    ...defaults,
    id: demoVoiceModelId,
    architecture: "ast",
    licence: "CC-BY-SA-4.0",
    demo: true,
    windowMs: 5120,
    minWindows: 2,
    calibration: {
      kind: "platt",
      scale: 0.869,
      offset: 0.235,
      priorSpoof: 0.5,
      source:
        "npm run eval:voice -- --count 120: every other of 960 recordings of held-out people and voices, half of them through codecs and noise",
    },
    // Equal error rate on speakers and synthesizer voices that training never met, through codecs, bandwidths and noise.
    benchmark: {
      source: "240 recordings of held-out people and 240 of held-out espeak-ng and flite voices, degraded alike",
      independent: false,
      accuracy: 0.879,
      falsePositiveRate: 0.121,
      falseNegativeRate: 0.121,
    },
    neverSays: {
      verdict: "bona_fide",
      because:
        "the demo model knows formant and diphone synthesis only, and is at chance on neural voices, so it can clear nobody",
    },
    limits: [
      "This is a demonstration model of half a million parameters, trained on people reading English and on espeak-ng, flite, festival and SVOX Pico.",
      "It never heard neural speech synthesis or voice cloning: take its word on them for chance (its first revision: equal error rate 36 to 54 %).",
      "Without degradation its equal error rate is 5.8 %; on windows of speakers and voices it was trained on it is right about 94.6 %.",
    ],
  },
  {
    ...defaults,
    id: "ast-asvspoof5",
    architecture: "ast",
    repo: "MattyB95/AST-ASVspoof5-Synthetic-Voice-Detection",
    licence: "BSD-3-Clause",
    windowMs: astWindowMs,
    benchmark: podonos(0.568, 0.69, 0.174),
    limits: ["On current speech synthesis this detector is near chance and calls most human voices synthetic."],
  },
  {
    ...defaults,
    id: "ast-voxcelebspoof",
    architecture: "ast",
    repo: "MattyB95/AST-VoxCelebSpoof-Synthetic-Voice-Detection",
    licence: "MIT",
    windowMs: astWindowMs,
    benchmark: podonos(0.51, 0.005, 0.975),
    limits: [
      "This detector misses nearly all current speech synthesis; only when it says synthetic does that mean something.",
    ],
  },
  {
    ...defaults,
    id: "xlsr-pellav2",
    architecture: "wav2vec2",
    repo: "Sadanie/pellav2-audio-deepfake-detector",
    licence: "MIT",
    windowMs: 4000,
    benchmark: podonos(0.958, 0.055, 0.028),
    limits: ["The figures are of a four-second crop of each file; its scores were never calibrated by halfgig."],
  },
];

/** The detectors that halfgig knows, by id. */
export const voiceCards: ReadonlyMap<string, VoiceCard> = new Map(cards.map((card) => [card.id, card]));

/**
 * The card of a known detector.
 * @throws MediaError `model.missing` for an id without one
 */
export function voiceCard(id: string): VoiceCard {
  const card = voiceCards.get(id);
  if (card) return card;
  const known = [...voiceCards.keys()].join(", ");
  throw new MediaError("model.missing", `There is no card for the voice model "${id}". Choose one of ${known}.`);
}
