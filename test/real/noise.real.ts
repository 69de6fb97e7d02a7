import { beforeAll, expect, it } from "vitest";
import { Random } from "../../scripts/eval/index.ts";
import { readAudio, utterances, withPauses } from "../../scripts/eval-real/recordings.ts";
import { cafe, crowd, mixedAt, type SoundMaker } from "../../scripts/sounds/index.ts";
import { compare, describeReal, keptOf, recognise, recordings } from "./support/real.ts";

describeReal("two minutes of speech in noise", () => {
  let clean: Float32Array;
  let voices: Float32Array[];
  let said: string;
  beforeAll(async () => {
    const all = await utterances(recordings());
    const spoken = all.slice(0, 12);
    said = spoken.map(({ text }) => text).join(" ");
    clean = withPauses(await Promise.all(spoken.map(({ path }) => readAudio(path))), 0.8);
    voices = await Promise.all(all.slice(100, 130).map(({ path }) => readAudio(path)));
  });

  // What faster-whisper 1.2.1 (int8, greedy) makes of the same audio: words kept with vad_filter, words deleted without.
  it.each([
    { name: "café", make: cafe, snrDb: 10, kept: 313, deleted: 4 },
    { name: "crowd", make: crowd, snrDb: 5, kept: 255, deleted: 11 },
  ])("$name, $snrDb dB: keeps what faster-whisper keeps", async ({ name, make, snrDb, kept, deleted }) => {
    const pcm = mixedAt(clean, noise(name, make), snrDb);
    const alignment = compare(said, await recognise(pcm));
    expect(keptOf(alignment)).toBeGreaterThanOrEqual(0.97 * kept);
    expect(alignment.deleted).toBeLessThanOrEqual(deleted + 2);
  });

  const noise = (name: string, make: SoundMaker) =>
    make({ samples: clean.length, random: new Random(`test ${name}`), voices });
});
