import { expect, it } from "vitest";
import { modes } from "../../scripts/eval-real/pipeline.ts";
import { readAudio, utterances, withPauses } from "../../scripts/eval-real/recordings.ts";
import { holesOf, voiceWithoutText } from "../../scripts/eval-real/score/holes.ts";
import { quietTail, shortClips, withoutPauses } from "../../scripts/eval-real/tables/real-cases.ts";
import { compare, describeReal, recognise, recordings } from "./support/real.ts";

describeReal("what is said is not lost", () => {
  it.each(["tiny.en", "base"] as const)("70 s of reading without a pause keep their end: %s", async (model) => {
    const { pcm, text } = await withoutPauses(recordings());
    const transcript = await recognise(pcm, { model });
    expect(compare(text, transcript).deleted).toBeLessThanOrEqual(6);
    expect(holesOf(transcript).totalMs).toBeLessThan(2_500);
  });

  it.each(modes)("a short sentence before a quiet tail of 15 s stays: %s", async (mode) => {
    const { pcm, text } = await quietTail(recordings());
    expect(compare(text, await recognise(pcm, { mode })).deleted).toBeLessThanOrEqual(1);
  });

  it("utterances with pauses between them lose no more words than with faster-whisper", async () => {
    const spoken = (await utterances(recordings())).slice(0, 20);
    const pcm = withPauses(await Promise.all(spoken.map(({ path }) => readAudio(path))), 0.8);
    const transcript = await recognise(pcm);
    const said = spoken.map(({ text }) => text).join(" ");
    expect(compare(said, transcript).deleted).toBeLessThanOrEqual(fasterWhisperDeletes);
    expect(holesOf(transcript).totalMs).toBeLessThan(4_000);
  });

  it.each(modes)(
    "voice without text is called so, and above 2 s there is a warning with its times: %s",
    async (mode) => {
      const { pcm } = await withoutPauses(recordings());
      // A language that nobody speaks here is how speech is lost for certain.
      const transcript = await recognise(pcm, { model: "base", mode });
      for (const { startMs, endMs } of voiceWithoutText(transcript.ledger.intervals)) {
        const interval = transcript.ledger.intervals.find((one) => one.startMs === startMs && one.endMs === endMs);
        expect(interval?.kind).toBe("unrecognised");
      }
      expect(holesOf(transcript).unwarned).toBe(0);
    },
  );
});

/** faster-whisper 1.2.1, int8, greedy, on the same weights and audio: `npm run eval:real -- --only noise` has the like. */
const fasterWhisperDeletes = 7;

describeReal("bits of a sentence", () => {
  it("a twentieth to half a second of it is nothing that anybody said", async () => {
    for (const { pcm, text, name } of await shortClips(recordings())) {
      const { segments } = await recognise(pcm);
      if (text === "")
        expect(
          segments.filter((s) => s.hallucination?.verdict !== "likely"),
          name,
        ).toEqual([]);
      else expect(compare(text, { segments }).deleted, name).toBeLessThanOrEqual(2);
    }
  });
});
