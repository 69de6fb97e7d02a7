import { afterAll, describe, inject } from "vitest";
import type { Precision } from "../../../layers/models/index.ts";
import type { Transcript } from "../../../layers/transcript/index.ts";
import { words } from "../../../scripts/eval/index.ts";
import {
  openRecogniser,
  type PipelineOptions,
  printedText,
  type Recogniser,
  transcribe,
} from "../../../scripts/eval-real/pipeline.ts";
import { type Alignment, align } from "../../../scripts/eval-real/score/align.ts";
import type { RealModelName, Recordings } from "../../../scripts/real-models/index.ts";

const real = inject("real");

/** Tests that need real weights and recordings; left out where they are not here, which the setup says. */
export const describeReal = describe.skipIf(real === null);

/** @throws Error outside of `describeReal` */
export function recordings(): Recordings {
  if (!real) throw new Error("no recordings");
  return real.recordings;
}

const opened = new Map<string, Promise<Recogniser>>();

/** What the engine makes of a recording; each model is loaded once for each file of tests. */
export async function recognise(
  pcm: Float32Array,
  { model = "tiny.en", precision = "int8", mode = "parallel", ...options }: RealOptions = {},
): Promise<Transcript> {
  if (!real) throw new Error("no models");
  const key = `${model} ${precision}`;
  const recogniser = opened.get(key) ?? openRecogniser(real.models, model, precision);
  opened.set(key, recogniser);
  return await transcribe(await recogniser, pcm, { mode, ...options });
}

export type RealOptions = Partial<PipelineOptions> & { model?: RealModelName; precision?: Precision };

afterAll(async () => {
  for (const recogniser of opened.values()) await (await recogniser)[Symbol.asyncDispose]();
  opened.clear();
});

/** What became of the words of a text, compared in lower case and without punctuation. */
export function compare(text: string, transcript: Pick<Transcript, "segments">): Alignment {
  return align(words(text), words(printedText(transcript)));
}

/** The words that are said, and what a printed transcript lacks or adds. */
export const keptOf = (alignment: Alignment) => alignment.fates.filter((fate) => fate === "kept").length;
