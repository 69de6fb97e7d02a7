import { beforeAll, expect, it } from "vitest";
import type { Precision } from "../../layers/models/index.ts";
import type { Mode } from "../../scripts/eval-real/pipeline.ts";
import { readAudio, utterances } from "../../scripts/eval-real/recordings.ts";
import { errorRate } from "../../scripts/eval-real/score/align.ts";
import { compare, describeReal, recognise, recordings } from "./support/real.ts";

/** Of 230: about six minutes. `npm run eval:real -- --only utterances` has all. */
const count = 30;

describeReal("30 utterances, against openai-whisper's text of each", () => {
  let clips: { pcm: Float32Array; text: string }[];
  beforeAll(async () => {
    const chosen = (await utterances(recordings())).slice(0, count);
    clips = await Promise.all(chosen.map(async ({ path, text }) => ({ pcm: await readAudio(path), text })));
  });

  async function differs(mode: Mode, precision: Precision): Promise<number> {
    const alignments = [];
    for (const { pcm, text } of clips) alignments.push(compare(text, await recognise(pcm, { mode, precision })));
    return errorRate(alignments);
  }

  it("int8 in exact mode changes at most 1.5 words in a hundred", async () => {
    expect(await differs("exact", "int8")).toBeLessThanOrEqual(0.015);
  });

  it("fp32 in exact mode is the reference", async () => {
    expect(await differs("exact", "fp32")).toBeLessThanOrEqual(0.003);
  });

  it("int8 in parallel mode is at most 0.8 points worse than fp32", async () => {
    expect(await differs("parallel", "int8")).toBeLessThanOrEqual((await differs("parallel", "fp32")) + 0.008);
  });
});
