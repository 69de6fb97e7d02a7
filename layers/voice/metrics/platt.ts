import type { Trials } from "./roc.ts";

export type PlattFit = { scale: number; offset: number };

const maxIterations = 100;
const minDecrease = 1e-10;

/**
 * Fits P(spoof | s) = σ(scale · s + offset) to trials: Newton's method with backtracking and Platt's smoothed targets, as Lin, Lin & Weng ("A note on
 * Platt's probabilistic outputs for support vector machines", Machine Learning 68, 2007) give it. Both classes weigh the same
 * together, so the result belongs to a prior of one half, and σ's argument is a log-likelihood ratio.
 * @param trials log odds as the model gives them
 */
export function fitPlatt({ bonaFide, spoof }: Trials): PlattFit {
  if (bonaFide.length === 0 || spoof.length === 0) throw new RangeError("trials of both classes are needed");
  const certainty = nearlyOne(Math.min(bonaFide.length, spoof.length));
  const points = [...examples(spoof, certainty), ...examples(bonaFide, 1 - certainty)];
  let fit: PlattFit = { scale: 0, offset: 0 };
  let loss = lossOf(points, fit);
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    const [stepScale, stepOffset, slope] = newtonStep(points, fit);
    let size = 1;
    let next = fit;
    let nextLoss = loss;
    for (; size > 1e-10; size /= 2) {
      next = { scale: fit.scale + size * stepScale, offset: fit.offset + size * stepOffset };
      nextLoss = lossOf(points, next);
      if (nextLoss <= loss + 1e-4 * size * slope) break;
    }
    if (!(loss - nextLoss > minDecrease)) break;
    fit = next;
    loss = nextLoss;
  }
  return fit;
}

type Example = { score: number; target: number; weight: number };

/**
 * Targets a little inside 0 and 1: a finite number of trials never proves certainty. Both classes get those of the smaller one, or scores that
 * tell nothing would be moved towards the larger.
 */
function nearlyOne(count: number): number {
  return (count + 1) / (count + 2);
}

function examples(scores: readonly number[], target: number): Example[] {
  return scores.map((score) => ({ score, target, weight: 0.5 / scores.length }));
}

function lossOf(points: readonly Example[], { scale, offset }: PlattFit): number {
  let loss = 0;
  for (const { score, target, weight } of points) {
    const x = scale * score + offset;
    loss += weight * (Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))) - target * x);
  }
  return loss;
}

/** The step to the minimum of the local parabola, and the slope of the loss along it. */
function newtonStep(
  points: readonly Example[],
  { scale, offset }: PlattFit,
): [scale: number, offset: number, slope: number] {
  // A ridge keeps the Hessian invertible where all scores are equal.
  let [hss, hso, hoo, gs, go] = [1e-12, 0, 1e-12, 0, 0];
  for (const { score, target, weight } of points) {
    const p = 1 / (1 + Math.exp(-(scale * score + offset)));
    const curvature = weight * p * (1 - p);
    const gradient = weight * (p - target);
    hss += curvature * score * score;
    hso += curvature * score;
    hoo += curvature;
    gs += gradient * score;
    go += gradient;
  }
  const determinant = hss * hoo - hso * hso;
  const stepScale = -(hoo * gs - hso * go) / determinant;
  const stepOffset = -(hss * go - hso * gs) / determinant;
  return [stepScale, stepOffset, gs * stepScale + go * stepOffset];
}
