import { MediaError } from "../core/index.ts";
// The table alone: stacks describe functions by it, and must not carry the native library along.
import { tierOf } from "../inference/tiers.ts";
import { defaultThresholds, type Thresholds } from "./silence.ts";

/** A stretch of the recording, whole milliseconds. */
export type SpeechSpan = readonly [startMs: number, endMs: number];

/** What both ways to transcribe take. Names and defaults are those of whisper/transcribe.py unless said otherwise. */
export type SpeechOptions = Partial<Thresholds> & {
  /** A language code of the checkpoint; left out, the language is detected. */
  language?: string | undefined;
  task: "transcribe" | "translate";
  /** The fallback ladder; default 0, 0.2, … 1. */
  temperatures?: readonly number[] | undefined;
  /** Hypotheses kept by the beam search at temperature 0; default 1, which is greedy. See {@link searchDefaults}. */
  beamSize?: number | undefined;
  /** The beam search ends with `beamSize × patience` finished hypotheses; default 1. */
  patience?: number | undefined;
  /** Samples at each temperature above 0, of which the likeliest is kept; default 1. */
  bestOf?: number | undefined;
  /** α of the length penalty `((5 + length) / 6)^α`, 0 to 1; left out, scores are divided by the length. */
  lengthPenalty?: number | undefined;
  /** Of the sampling above temperature 0; default 0. Same input, same seed, same transcript. */
  seed?: number | undefined;
  /** Text that could have come before: names, spelling, style. */
  initialPrompt?: string | undefined;
  /** Words to expect, put before every window's prompt (as faster-whisper does). */
  hotwords?: string | undefined;
  /** Where voice activity detection heard speech, in order, on the clock of the result: evidence for and against segments. */
  speech?: readonly SpeechSpan[] | undefined;
  /** Times for every word, by a second pass over each window. */
  words?: boolean | undefined;
  signal?: AbortSignal | undefined;
};

/**
 * The reference's command line searches with 5 hypotheses, which costs about five times the decoding. Below one core that is
 * more than anybody waits for, so greedy is the default there.
 * @param allocationMb memory allocation of the function, which on Lambda decides its share of a core
 */
export function searchDefaults(allocationMb: number): { beamSize: number; bestOf: number } {
  const { batch } = tierOf(allocationMb);
  return { beamSize: batch, bestOf: batch };
}

/** The thresholds in force: what was given, the reference's defaults for the rest. `null` switches one off. */
export function thresholdsOf(options: Partial<Thresholds>): Thresholds {
  const { compressionRatioThreshold, logprobThreshold, noSpeechThreshold } = options;
  return {
    compressionRatioThreshold: or(compressionRatioThreshold, defaultThresholds.compressionRatioThreshold),
    logprobThreshold: or(logprobThreshold, defaultThresholds.logprobThreshold),
    noSpeechThreshold: or(noSpeechThreshold, defaultThresholds.noSpeechThreshold),
  };
}

function or(given: number | null | undefined, fallback: number | null): number | null {
  return given === undefined ? fallback : given;
}

/** @throws MediaError `request.invalid` for numbers that decoding cannot work with, naming the option. */
export function checkSearchOptions(
  options: Pick<SpeechOptions, "temperatures" | "beamSize" | "patience" | "bestOf" | "lengthPenalty">,
): void {
  const { temperatures, beamSize = 1, patience = 1, bestOf = 1, lengthPenalty = 0 } = options;
  const refuse = (sentence: string) => {
    throw new MediaError("request.invalid", sentence);
  };
  if (temperatures && (temperatures.length === 0 || !temperatures.every((t) => t >= 0 && t <= maxTemperature))) {
    refuse(
      `Decoding needs one or more temperatures from 0 to ${maxTemperature}, for example 0,0.2,0.4; it got [${temperatures.join(",")}].`,
    );
  }
  for (const [name, value] of Object.entries({ beamSize, bestOf })) {
    if (!Number.isInteger(value) || value < 1 || value > maxHypotheses) {
      refuse(`${name} must be a whole number from 1 to ${maxHypotheses}, not ${value}.`);
    }
  }
  if (!(patience > 0 && Math.round(beamSize * patience) >= 1 && beamSize * patience <= maxHypotheses)) {
    refuse(`patience must be above 0, and beamSize × patience from 1 to ${maxHypotheses}; it is ${patience}.`);
  }
  if (!(lengthPenalty >= 0 && lengthPenalty <= 1)) refuse(`lengthPenalty must be from 0 to 1, not ${lengthPenalty}.`);
}

/** Each hypothesis has a cache of its own; more of them than this gain nothing and cost memory. */
const maxHypotheses = 16;
/** Above this nothing but noise is drawn. */
const maxTemperature = 2;
