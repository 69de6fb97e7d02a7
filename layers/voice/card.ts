import { z } from "zod";
import { MediaError } from "../core/index.ts";

const share = z.number().min(0).max(1);

/** Where on the scale between two wrongs a verdict is wanted. */
export const operatingPointNames = ["recall", "balanced", "precision"] as const;

/**
 * From which odds on a verdict is given, as natural logarithms of the likelihood ratio P(audio | spoof) / P(audio | bona fide).
 * Between the two thresholds the verdict is `uncertain`.
 */
export const operatingPointSchema = z
  .object({ spoofAbove: z.number().positive(), bonaFideBelow: z.number().negative() })
  .strict();

/**
 * How a model's raw P(spoof) becomes a log-likelihood ratio. `none`: its log odds are taken as they are, and the report says so.
 * `temperature`: log odds divided by T (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017). `platt`:
 * `scale · log odds + offset` (Platt 1999), as fitted on trials of which `priorSpoof` were spoofed.
 */
export const calibrationSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("none") }).strict(),
  z.object({ kind: z.literal("temperature"), temperature: z.number().positive(), source: z.string().min(1) }).strict(),
  z
    .object({
      kind: z.literal("platt"),
      scale: z.number().positive(),
      offset: z.number(),
      priorSpoof: z.number().gt(0).lt(1),
      source: z.string().min(1),
    })
    .strict(),
]);

/** What somebody measured on whole recordings. All shares are 0 to 1. */
export const benchmarkSchema = z
  .object({
    source: z.string().min(1),
    /** False where the model's own makers measured it. */
    independent: z.boolean(),
    accuracy: share,
    /** Share of human voices that it calls synthetic. */
    falsePositiveRate: share,
    /** Share of synthetic voices that it calls human. */
    falseNegativeRate: share,
  })
  .strict();

/** What is known of one detector besides its weights: everything that a verdict depends on and the model cannot know. */
export const voiceCardSchema = z
  .object({
    format: z.literal(1),
    id: z.string().min(1),
    architecture: z.enum(["ast", "wav2vec2"]),
    /** Repository on the model hub; absent for a model that is shipped. */
    repo: z.string().min(1).optional(),
    licence: z.string().min(1),
    demo: z.boolean(),
    /** The audio that the model takes at once. */
    windowMs: z.int().positive(),
    /** Less speech than this is not judged. */
    minSpeechMs: z.int().positive(),
    /** Fewer judged windows than this make no verdict. */
    minWindows: z.int().positive(),
    /** How much the scores of two windows of one recording depend on each other: 0 not at all, 1 entirely. */
    windowCorrelation: share,
    calibration: calibrationSchema,
    /** Null where nobody published figures: then there is no verdict, only scores. */
    benchmark: benchmarkSchema.nullable(),
    operatingPoints: z.object({
      recall: operatingPointSchema,
      balanced: operatingPointSchema,
      precision: operatingPointSchema,
    }),
    /** Set where the detector must not give a verdict whatever its scores, with the reason. */
    neverSays: z.object({ verdict: z.enum(["bona_fide", "spoof"]), because: z.string().min(1) }).optional(),
    /** What a reader of a verdict should know, in whole sentences. */
    limits: z.array(z.string().min(1)),
  })
  .strict();

export type OperatingPointName = (typeof operatingPointNames)[number];
export type OperatingPoint = z.infer<typeof operatingPointSchema>;
export type Calibration = z.infer<typeof calibrationSchema>;
export type Benchmark = z.infer<typeof benchmarkSchema>;
export type VoiceCard = z.infer<typeof voiceCardSchema>;

/**
 * Reads a model's card from JSON text.
 * @param name what the text is, for the message
 * @throws MediaError `model.invalid` when it is no card
 */
export function parseVoiceCard(text: string, name: string): VoiceCard {
  try {
    return voiceCardSchema.parse(JSON.parse(text));
  } catch (cause) {
    const detail = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new MediaError("model.invalid", `${name} is not a voice model's card. Correct it or remove it.\n${detail}`, {
      cause,
    });
  }
}

const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });

/** The benchmark as a sentence for people. */
export function benchmarkSentence(card: VoiceCard): string {
  const { benchmark } = card;
  if (!benchmark) return `Nobody has published how often ${card.id} is wrong.`;
  const { source, independent, accuracy, falsePositiveRate, falseNegativeRate } = benchmark;
  return (
    `On ${source}${independent ? "" : " (its makers' own measurement)"} ${card.id} is right about ${percent.format(accuracy)} of recordings: ` +
    `it calls ${percent.format(falsePositiveRate)} of human voices synthetic and misses ${percent.format(falseNegativeRate)} of synthetic ones.`
  );
}
