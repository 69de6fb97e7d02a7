import { expect, it } from "vitest";
import { sampleRateHz } from "../../layers/audio/index.ts";
import { Random } from "../../scripts/eval/index.ts";
import { modes, printedSegments } from "../../scripts/eval-real/pipeline.ts";
import { readAudio, utterances } from "../../scripts/eval-real/recordings.ts";
import { atDecibels, nonSpeech } from "../../scripts/sounds/index.ts";
import { describeReal, recognise, recordings } from "./support/real.ts";

const seconds = 25;

describeReal("where nobody speaks, nothing is printed", () => {
  it.each(nonSpeech)("$name", async ({ name, levelDb, make }) => {
    const spoken = (await utterances(recordings())).slice(100, 130);
    const voices = name.includes("crowd") ? await Promise.all(spoken.map(({ path }) => readAudio(path))) : [];
    const sound = make({ samples: seconds * sampleRateHz, random: new Random(`test ${name}`), voices });
    const pcm = atDecibels(sound, levelDb);
    const printed: string[] = [];
    for (const model of ["tiny.en", "base"] as const) {
      for (const mode of modes) {
        const lines = printedSegments(await recognise(pcm, { model, mode }));
        printed.push(...lines.map(({ text }) => `${model}, ${mode}: ${text}`));
      }
    }
    expect(printed).toEqual([]);
  });
});
