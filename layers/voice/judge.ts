import type { OperatingPoint, OperatingPointName, VoiceCard } from "./card.ts";
import { type EvidenceBounds, evidenceBounds, maxWindowLlr, pooledLlr, probabilityOf, within } from "./likelihood.ts";
import { asEvidence, type VoiceWindowScore } from "./score-windows.ts";

export const verdicts = ["bona_fide", "spoof", "uncertain"] as const;
export type Verdict = (typeof verdicts)[number];

export type JudgeOptions = {
  operatingPoint?: OperatingPointName;
  /** False takes the scores at their word, whatever the benchmark says of the detector. */
  limitToBenchmark?: boolean;
};

/** What some windows say together. */
export type Judgement = {
  /** Pooled evidence as the scores have it. */
  rawLlr: number;
  /** As much of it as the detector's error rates support. */
  llr: number;
  /** The probability of spoof that `llr` means where both classes are equally likely beforehand. */
  score: number;
  verdict: Verdict;
  /** What the scores alone would say. */
  unlimited: Verdict;
};

/** Turns windows' evidence into verdicts, always by the same card and operating point. */
export class Judge {
  readonly card: VoiceCard;
  readonly point: OperatingPoint;
  readonly pointName: OperatingPointName;
  readonly limited: boolean;
  readonly bounds: EvidenceBounds;

  constructor(card: VoiceCard, { operatingPoint = "balanced", limitToBenchmark = true }: JudgeOptions = {}) {
    this.card = card;
    this.pointName = operatingPoint;
    this.point = card.operatingPoints[operatingPoint];
    this.limited = limitToBenchmark;
    this.bounds = limitToBenchmark
      ? evidenceBounds(card.benchmark)
      : { lowest: Number.NEGATIVE_INFINITY, highest: Number.POSITIVE_INFINITY };
  }

  judge(scores: readonly VoiceWindowScore[]): Judgement {
    const rawLlr = pooledLlr(scores.map(asEvidence), this.card.windowCorrelation);
    const llr = within(this.bounds, rawLlr);
    const decided = this.#decide(llr);
    return {
      rawLlr,
      llr,
      score: probabilityOf(llr),
      verdict: decided === this.card.neverSays?.verdict ? "uncertain" : decided,
      unlimited: this.#decide(rawLlr),
    };
  }

  /** Whether the detector's error rates let it give this verdict at all at this operating point. */
  canSay(verdict: "bona_fide" | "spoof"): boolean {
    if (verdict === this.card.neverSays?.verdict) return false;
    const strongest = within(this.bounds, (verdict === "spoof" ? 1 : -1) * maxWindowLlr);
    return this.#decide(strongest) === verdict;
  }

  #decide(llr: number): Verdict {
    if (llr >= this.point.spoofAbove) return "spoof";
    if (llr <= this.point.bonaFideBelow) return "bona_fide";
    return "uncertain";
  }
}
