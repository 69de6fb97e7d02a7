import { join } from "node:path";
import { logMel, normalizeLogMel } from "../../layers/audio/index.ts";
import { Session, type SpeechModel } from "../../layers/inference/index.ts";
import { argmax, cosine, type GoldenCase, type GoldenLogMel, maxAbsoluteError, unpackMel } from "./golden.ts";
import { seeded } from "./seeded.ts";

/** A built model and the folder it was opened from. */
export type Subject = { readonly model: SpeechModel; readonly directory: string };

/** The worst that was found while comparing with the golden numbers. */
export class Tally {
  maxAbsoluteError = 0;
  cosine = 1;
  /** Positions whose most probable token was another one. */
  otherWinners = 0;

  add(actual: ArrayLike<number>, expected: readonly number[]): void {
    this.maxAbsoluteError = Math.max(this.maxAbsoluteError, maxAbsoluteError(actual, expected));
    if (expected.some((value) => value !== 0)) this.cosine = Math.min(this.cosine, cosine(actual, expected));
  }

  addLogits(logits: Float32Array, { logits: rows, logitStep, argmax: winners }: GoldenCase, position: number): void {
    const expected = rows[position]!;
    this.add(
      expected.map((_, index) => logits[index * logitStep]!),
      expected,
    );
    if (argmax(logits) !== winners[position]) this.otherWinners++;
  }
}

export type Comparison = {
  readonly name: string;
  run(subject: Subject, example: GoldenCase): Promise<Tally>;
};

/** What of a built Whisper is compared with the published architecture. */
export const comparisons: readonly Comparison[] = [
  { name: "encoder: cross-attention keys and values", run: encoder },
  { name: "decoder without cache", run: decoderWithoutCache },
  { name: "decoder with cache", run: decoderWithCache },
  { name: "decoder, prompt in two parts", run: decoderInTwoParts },
  { name: "decoder, batch of forked hypotheses (stepBatch)", run: decoderInBatches },
  { name: "SPEECH 22: QK of the alignment heads", run: alignmentScores },
  { name: "SPEECH 21: ln P(token), teacher-forced", run: tokenProbabilities },
];

function melOf({ manifest }: SpeechModel, { mel, frames }: GoldenCase): Float32Array {
  return mel === null ? seeded("mel", manifest.melBins * frames).map((value) => value * 8) : unpackMel(mel);
}

async function encoder({ model, directory }: Subject, example: GoldenCase): Promise<Tally> {
  const tally = new Tally();
  await using session = await Session.open(join(directory, "encoder.onnx"));
  const input = session.tensor(melOf(model, example), [1, model.manifest.melBins, example.frames]);
  using outputs = await session.run({ mel: input });
  for (const { name, head, position, values } of example.crossRows) {
    const { dims, data } = outputs.get(name);
    const start = (head * dims[2]! + position) * dims[3]!;
    tally.add((data as Float32Array).subarray(start, start + values.length), values);
  }
  return tally;
}

async function decoderWithoutCache({ model }: Subject, example: GoldenCase): Promise<Tally> {
  const tally = new Tally();
  using audio = await model.encode(melOf(model, example), example.frames);
  using state = model.start(audio);
  tally.addLogits(await model.step(state, example.tokens), example, example.tokens.length - 1);
  return tally;
}

async function decoderWithCache({ model }: Subject, example: GoldenCase): Promise<Tally> {
  const tally = new Tally();
  using audio = await model.encode(melOf(model, example), example.frames);
  using state = model.start(audio);
  for (const [position, token] of example.tokens.entries()) {
    tally.addLogits(await model.step(state, [token]), example, position);
  }
  return tally;
}

async function decoderInTwoParts({ model }: Subject, example: GoldenCase): Promise<Tally> {
  const tally = new Tally();
  using audio = await model.encode(melOf(model, example), example.frames);
  using state = model.start(audio);
  tally.addLogits(await model.step(state, example.tokens.slice(0, 1)), example, 0);
  tally.addLogits(await model.step(state, example.tokens.slice(1)), example, example.tokens.length - 1);
  return tally;
}

/** The example's tokens beside forks that take what the model holds for next best, as a beam does; their order changes. */
async function decoderInBatches({ model }: Subject, example: GoldenCase): Promise<Tally> {
  const tally = new Tally();
  using audio = await model.encode(melOf(model, example), example.frames);
  using state = model.start(audio);
  const [first, ...others] = example.tokens;
  let before = await model.step(state, [first!]);
  tally.addLogits(before, example, 0);
  for (const [index, token] of others.entries()) {
    using second = model.fork(state);
    using third = model.fork(state);
    const order = index % 2 === 0 ? [state, second, third] : [third, state, second];
    const [, secondBest, thirdBest] = best(before, 3);
    const tokens = order.map((one) => (one === state ? token : one === second ? secondBest! : thirdBest!));
    const logits = await model.stepBatch(order, tokens);
    before = logits[order.indexOf(state)]!;
    tally.addLogits(before, example, index + 1);
  }
  return tally;
}

/** The ids of the highest logits, the highest first. */
function best(logits: Float32Array, count: number): number[] {
  const left = logits.slice();
  return Array.from({ length: count }, () => {
    const winner = argmax(left);
    left[winner] = Number.NEGATIVE_INFINITY;
    return winner;
  });
}

async function alignmentScores({ model }: Subject, example: GoldenCase): Promise<Tally> {
  const tally = new Tally();
  const { tokens, positionStep, rows } = example.alignment;
  using audio = await model.encode(melOf(model, example), example.frames);
  const { scores, positions } = await model.align(audio, tokens);
  const actual: number[] = [];
  for (const { head, token, values } of rows) {
    const start = (head * tokens.length + token) * positions;
    for (const index of values.keys()) actual.push(scores[start + index * positionStep]!);
  }
  tally.add(
    actual,
    rows.flatMap(({ values }) => values),
  );
  return tally;
}

async function tokenProbabilities({ model }: Subject, example: GoldenCase): Promise<Tally> {
  const tally = new Tally();
  const { tokens, probabilities: expected } = example.alignment;
  using audio = await model.encode(melOf(model, example), example.frames);
  const { probabilities } = await model.align(audio, tokens);
  // Zero stands for "not a text token" and has no logarithm.
  const logarithms = (values: Iterable<number>) => Array.from(values, (value) => (value === 0 ? 0 : Math.log(value)));
  tally.add(logarithms(probabilities), logarithms(expected));
  return tally;
}

/** golden.py's `signal`: seeded noise in eight loudnesses a second, with half a second of digital silence. */
function signal(seconds: number, rateHz = 16_000): Float32Array {
  return seeded("pcm", seconds * rateHz).map((value, at) =>
    at >= rateHz && at < 1.5 * rateHz ? 0 : value * 2 ** -(Math.floor(at / 2000) % 8),
  );
}

export function compareLogMel({ seconds, step, values }: GoldenLogMel): Tally {
  const tally = new Tally();
  const features = normalizeLogMel(logMel({ pcm: signal(seconds), melBins: 80, frames: seconds * 100 }));
  tally.add(
    values.map((_, index) => features[index * step]!),
    values,
  );
  return tally;
}
