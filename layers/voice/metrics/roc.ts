/** Scores of trials of which the truth is known; higher means more like spoof. */
export type Trials = { bonaFide: readonly number[]; spoof: readonly number[] };

/** What calling everything from `threshold` on spoof gets wrong. */
export type RocPoint = {
  threshold: number;
  /** Share of bona fide trials called spoof. */
  falsePositiveRate: number;
  /** Share of spoof trials called bona fide. */
  falseNegativeRate: number;
};

/**
 * Every decision that a threshold can make: one point per distinct score, from the lowest (everything is called spoof) up, and one above all scores.
 * Equal scores are never told apart.
 * @throws RangeError when a class has no trials or a score is not a number
 */
export function rocCurve({ bonaFide, spoof }: Trials): RocPoint[] {
  if (bonaFide.length === 0 || spoof.length === 0) throw new RangeError("trials of both classes are needed");
  const trials = [
    ...bonaFide.map((score) => ({ score, spoofed: false })),
    ...spoof.map((score) => ({ score, spoofed: true })),
  ];
  if (trials.some(({ score }) => Number.isNaN(score))) throw new RangeError("a score is not a number");
  trials.sort((a, b) => (a.score === b.score ? 0 : a.score < b.score ? -1 : 1));
  const points: RocPoint[] = [];
  let bonaFideBelow = 0;
  let spoofBelow = 0;
  const add = (threshold: number) =>
    points.push({
      threshold,
      falsePositiveRate: 1 - bonaFideBelow / bonaFide.length,
      falseNegativeRate: spoofBelow / spoof.length,
    });
  for (let i = 0; i < trials.length; ) {
    const { score } = trials[i]!;
    add(score);
    for (; i < trials.length && trials[i]!.score === score; i++) {
      if (trials[i]!.spoofed) spoofBelow++;
      else bonaFideBelow++;
    }
  }
  add(Number.POSITIVE_INFINITY);
  return points;
}

/** The error rate, and the score, at which both classes are mistaken equally often. */
export type EqualErrorRate = { rate: number; threshold: number };

/**
 * Equal error rate, interpolated linearly between the two decisions around it, so that it does not depend on which of them
 * is nearer. 0 for separate classes, 0.5 for equal ones, 1 for classes that are separate the wrong way round.
 */
export function equalErrorRate(trials: Trials): EqualErrorRate {
  const curve = rocCurve(trials);
  const right = Math.max(
    1,
    curve.findIndex((point) => point.falseNegativeRate >= point.falsePositiveRate),
  );
  const [a, b] = [curve[right - 1]!, curve[right]!];
  const before = a.falsePositiveRate - a.falseNegativeRate;
  const after = b.falsePositiveRate - b.falseNegativeRate;
  const t = before === after ? 0 : before / (before - after);
  const rate = a.falsePositiveRate + t * (b.falsePositiveRate - a.falsePositiveRate);
  return {
    rate,
    threshold: Number.isFinite(b.threshold) ? a.threshold + t * (b.threshold - a.threshold) : a.threshold,
  };
}

/** Area under the ROC: the probability that a spoof trial scores above a bona fide one, ties counting half (Hanley & McNeil 1982). */
export function areaUnderRoc(trials: Trials): number {
  const curve = rocCurve(trials);
  let area = 0;
  for (let i = 1; i < curve.length; i++) {
    const [a, b] = [curve[i - 1]!, curve[i]!];
    const width = a.falsePositiveRate - b.falsePositiveRate;
    area += width * (1 - (a.falseNegativeRate + b.falseNegativeRate) / 2);
  }
  return area;
}
