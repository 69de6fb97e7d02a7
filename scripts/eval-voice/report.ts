import { table } from "../../cli/tables.ts";
import type { Reliability } from "../../layers/voice/metrics/index.ts";
import type { Figures, SuggestedCalibration } from "./figures.ts";
import type { Condition } from "./trials.ts";

export type Row = { set: string; condition: Condition; scorer: string; figures: Figures };

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

export function figuresTable(rows: readonly Row[]): string {
  return table(
    [
      "set",
      "recordings",
      "scorer",
      "n",
      "EER",
      "AUC",
      "minDCF",
      "actDCF",
      "Cllr",
      "ECE",
      "human called synthetic",
      "synthetic missed",
    ],
    rows.map(({ set, condition, scorer, figures: of }) => [
      set,
      condition,
      scorer,
      of.recordings,
      percent(of.equalErrorRate),
      of.areaUnderRoc.toFixed(3),
      of.minimumCost.toFixed(3),
      of.actualCost.toFixed(3),
      of.ratioCost.toFixed(3),
      percent(of.reliability.expectedCalibrationError),
      percent(of.falsePositiveRate),
      percent(of.falseNegativeRate),
    ]),
  );
}

/** Only the order of a control's figure means anything. */
export function controlsTable(rows: readonly Row[]): string {
  return table(
    ["set", "recordings", "control", "EER", "AUC"],
    rows.map(({ set, condition, scorer, figures: of }) => {
      const eitherWay = Math.min(of.equalErrorRate, 1 - of.equalErrorRate);
      return [set, condition, scorer.replace("control: ", ""), percent(eitherWay), of.areaUnderRoc.toFixed(3)];
    }),
  );
}

export function reliabilityTable({ bins }: Reliability): string {
  const share = (value: number | null) => (value === null ? "–" : value.toFixed(3));
  return table(
    ["said", "recordings", "mean of what was said", "share of synthetic"],
    bins.map(({ from, to, count, meanProbability, spoofShare }) => [
      `${from.toFixed(1)} to ${to.toFixed(1)}`,
      count,
      share(meanProbability),
      share(spoofShare),
    ]),
  );
}

export function calibrationSentence({ scale, offset, ratioCostBefore, ratioCostAfter }: SuggestedCalibration): string {
  return (
    `A Platt calibration fitted on one half of these recordings: scale ${scale.toFixed(3)}, offset ${offset.toFixed(3)}; ` +
    `on the other half it takes Cllr from ${ratioCostBefore.toFixed(3)} uncalibrated to ${ratioCostAfter.toFixed(3)}.`
  );
}

/** Equal error rate on people and synthesizers that the demo model's training never met. */
const mostErrors = 0.1;

/** What the demo model is to reach, and what it does: all recordings together, and its worst set. */
export function aimTable(all: Figures, rows: readonly Row[]): string {
  const worst = Math.max(...rows.map((row) => row.figures.equalErrorRate));
  const aim = `equal error rate at most ${percent(mostErrors)}`;
  return table(
    ["aim", "of", "measured", ""],
    [["all recordings", all.equalErrorRate] as const, ["the worst set", worst] as const].map(([of, rate]) => [
      aim,
      of,
      percent(rate),
      rate <= mostErrors ? "reached" : "missed",
    ]),
  );
}
