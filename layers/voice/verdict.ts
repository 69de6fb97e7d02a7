import { z } from "zod";
import type { Judge, Judgement, Verdict } from "./judge.ts";
import type { PackedSpeech } from "./packing.ts";
import { asEvidence, type VoiceWindowScore } from "./score-windows.ts";
import { contraryShare, type StopReason } from "./sequential.ts";

/** Why there is no verdict. */
export const doubtCodes = [
  "no_audio",
  "silence",
  "no_speech",
  "too_little_speech",
  "nothing_judged",
  "too_few_windows",
  "too_little_judged",
  "scores_disagree",
  "score_between_thresholds",
  "detector_too_weak",
  "demo_model",
  "not_this_verdict",
] as const;

export const doubtSchema = z.object({ code: z.enum(doubtCodes), message: z.string().min(1) });
export type Doubt = z.infer<typeof doubtSchema>;

export type FileEvidence = {
  /** What voice activity found. */
  sound: Pick<PackedSpeech, "speechMs" | "otherMs" | "silenceMs">;
  scores: readonly VoiceWindowScore[];
  judgedSpeechMs: number;
  stopped?: StopReason;
};

export type FileVerdict = { verdict: Verdict; judgement: Judgement | null; reasons: Doubt[] };

/** More evidence than this on the weaker side makes a recording of two kinds. */
const contraryShareMax = 0.2;
/** Where judging did not stop on purpose, less than this of the speech stands for nothing. */
const judgedShareMin = 0.5;

/** The verdict on a whole recording. Any doubt makes it `uncertain`, and every doubt is named. */
export function fileVerdict(evidence: FileEvidence, judge: Judge): FileVerdict {
  const { scores } = evidence;
  if (scores.length === 0) return { verdict: "uncertain", judgement: null, reasons: [nothingToJudge(evidence, judge)] };
  const judgement = judge.judge(scores);
  const reasons = [...tooLittle(evidence, judge), ...disagreement(scores), ...tooWeak(judgement, judge)];
  return { verdict: reasons.length > 0 ? "uncertain" : judgement.verdict, judgement, reasons };
}

function nothingToJudge({ sound: { speechMs, otherMs, silenceMs } }: FileEvidence, judge: Judge): Doubt {
  if (speechMs + otherMs + silenceMs === 0) return doubt("no_audio", "There is no sound in the recording.");
  if (speechMs === 0 && otherMs === 0) return doubt("silence", "The recording is silent.");
  if (speechMs === 0)
    return doubt("no_speech", `Nobody speaks in the recording: ${seconds(otherMs)} are music or noise.`);
  if (speechMs < judge.card.minSpeechMs) return shortSpeech(speechMs, judge);
  return doubt("nothing_judged", `None of the ${seconds(speechMs)} of speech was judged.`);
}

function* tooLittle({ sound, scores, judgedSpeechMs, stopped }: FileEvidence, judge: Judge): Generator<Doubt> {
  const { minSpeechMs, minWindows } = judge.card;
  if (judgedSpeechMs < minSpeechMs) yield shortSpeech(judgedSpeechMs, judge);
  if (scores.length < minWindows) {
    yield doubt("too_few_windows", `${scores.length} of at least ${minWindows} windows of speech could be judged.`);
  }
  if (!stopped && judgedSpeechMs < judgedShareMin * sound.speechMs) {
    yield doubt(
      "too_little_judged",
      `Only ${seconds(judgedSpeechMs)} of ${seconds(sound.speechMs)} of speech were judged.`,
    );
  }
}

function* disagreement(scores: readonly VoiceWindowScore[]): Generator<Doubt> {
  const share = contraryShare(scores.map(asEvidence));
  if (share > contraryShareMax) {
    yield doubt(
      "scores_disagree",
      `The windows contradict each other: ${Math.round(100 * share)} % of the evidence is for one side, the rest for the other. The timeline says where.`,
    );
  }
}

function* tooWeak(judgement: Judgement, judge: Judge): Generator<Doubt> {
  const { card, pointName } = judge;
  const { verdict, unlimited } = judgement;
  if (verdict !== "uncertain") return;
  if (unlimited === "uncertain") {
    yield doubt(
      "score_between_thresholds",
      `The score lies between the two thresholds of the operating point "${pointName}".`,
    );
  } else if (card.neverSays?.verdict === unlimited) {
    yield doubt(card.demo ? "demo_model" : "not_this_verdict", `${sentence(card.neverSays.because)}.`);
  } else {
    yield doubt(card.demo ? "demo_model" : "detector_too_weak", weakness(unlimited, judge));
  }
}

function weakness(verdict: Exclude<Verdict, "uncertain">, { card, bounds, pointName }: Judge): string {
  const called = verdict === "spoof" ? "synthetic" : "human";
  if (!card.benchmark) {
    return `The scores say ${called}, but nobody has published how often ${card.id} is wrong, so they are worth no verdict.`;
  }
  const odds = Math.exp(verdict === "spoof" ? bounds.highest : -bounds.lowest).toFixed(1);
  return (
    `The scores say ${called}, but ${card.id} is wrong so often that this is worth odds of ${odds} : 1 at most, ` +
    `less than the operating point "${pointName}" asks for.`
  );
}

function shortSpeech(speechMs: number, { card }: Judge): Doubt {
  return doubt(
    "too_little_speech",
    `There are ${seconds(speechMs)} of speech; ${seconds(card.minSpeechMs)} are the least that can be judged.`,
  );
}

function doubt(code: Doubt["code"], message: string): Doubt {
  return { code, message };
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
