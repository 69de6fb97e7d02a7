/** A window's evidence and the middle of the speech that it stands for. */
export type Observation = { llr: number; atMs: number };

/** How long a voice stays what it is, on average, where it changes at all. */
export const meanDwellMs = 60_000;

/**
 * The probability of spoof at each window given all windows: the posterior of a two-state Markov chain in continuous time (the random telegraph
 * process, which changes once per `dwellMs` on average), by the forward-backward algorithm (Rabiner, Proc. IEEE 77(2), 1989). Windows far
 * apart tell little of each other; a single window against its neighbours needs strong evidence to stand.
 * @param observations in order of time
 * @returns one probability per observation
 */
export function smoothedProbabilities(observations: readonly Observation[], dwellMs = meanDwellMs): number[] {
  const count = observations.length;
  const likelihood = observations.map(({ llr }) => 1 / (1 + Math.exp(-llr)));
  const stay = observations.map(({ atMs }, i) => {
    const gapMs = i === 0 ? Number.POSITIVE_INFINITY : atMs - observations[i - 1]!.atMs;
    return 0.5 * (1 + Math.exp((-2 * Math.max(0, gapMs)) / dwellMs));
  });

  // `past[i]`: P(spoof at i | windows 0..i). `future[i]`: the same from windows i+1.. alone, with even odds beforehand.
  const past: number[] = [];
  for (let i = 0; i < count; i++) past.push(update(i === 0 ? 0.5 : move(past[i - 1]!, stay[i]!), likelihood[i]!));
  const future = new Array<number>(count).fill(0.5);
  for (let i = count - 2; i >= 0; i--) future[i] = move(update(future[i + 1]!, likelihood[i + 1]!), stay[i + 1]!);
  return past.map((probability, i) => update(probability, future[i]!));
}

/** A belief after the time in which the state stays with probability `stay`. */
function move(belief: number, stay: number): number {
  return belief * stay + (1 - belief) * (1 - stay);
}

/** Two independent probabilities of the same thing, taken together under even prior odds. */
function update(a: number, b: number): number {
  const both = a * b;
  return both / (both + (1 - a) * (1 - b));
}
