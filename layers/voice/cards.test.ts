import { describe, expect, it } from "vitest";
import { demoVoiceIdentity } from "../models/index.ts";
import { benchmarkSentence, parseVoiceCard, voiceCardSchema } from "./card.ts";
import { demoVoiceModelId, voiceCard, voiceCards } from "./cards.ts";
import { Judge } from "./judge.ts";

const said = (id: string, operatingPoint: "recall" | "balanced" | "precision") => {
  const judge = new Judge(voiceCard(id), { operatingPoint });
  return (["bona_fide", "spoof"] as const).filter((verdict) => judge.canSay(verdict));
};

describe("voice cards", () => {
  it.each([...voiceCards.values()].map((card) => [card.id, card] as const))(
    "%s is a valid card that survives JSON",
    (id, card) => {
      expect(voiceCardSchema.parse(card)).toEqual(card);
      expect(parseVoiceCard(JSON.stringify(card), id)).toEqual(card);
    },
  );

  it("let the detector that is worth it give both verdicts, and one at chance none", () => {
    expect(said("xlsr-pellav2", "recall")).toEqual(["bona_fide", "spoof"]);
    expect(said("xlsr-pellav2", "balanced")).toEqual(["bona_fide", "spoof"]);
    expect(said("xlsr-pellav2", "precision")).toEqual(["bona_fide", "spoof"]);
    expect(said("ast-asvspoof5", "balanced")).toEqual([]);
    expect(said("ast-voxcelebspoof", "balanced")).toEqual(["spoof"]);
  });

  it("never let the demo model clear a voice", () => {
    for (const point of ["recall", "balanced", "precision"] as const) {
      expect(said(demoVoiceModelId, point)).not.toContain("bona_fide");
    }
    expect(said(demoVoiceModelId, "recall")).toEqual(["spoof"]);
  });

  it("know the shipped model under the name that it is built with", () => {
    expect(voiceCard(demoVoiceIdentity.id)).toMatchObject({ demo: true, licence: demoVoiceIdentity.licence });
  });

  it("name the benchmark in a sentence", () => {
    expect(benchmarkSentence(voiceCard("xlsr-pellav2"))).toBe(
      "On podonos/audio-dfd-benchmark (4,524 files, about 25 current synthesis and cloning systems) xlsr-pellav2 is right about 95.8% of " +
        "recordings: it calls 5.5% of human voices synthetic and misses 2.8% of synthetic ones.",
    );
    expect(benchmarkSentence({ ...voiceCard("xlsr-pellav2"), benchmark: null })).toContain("Nobody has published");
    expect(benchmarkSentence(voiceCard(demoVoiceModelId))).toContain("its makers' own measurement");
  });

  it("are named when an unknown one is asked for", () => {
    expect(() => voiceCard("aasist")).toThrow(
      expect.objectContaining({ code: "model.missing", message: expect.stringContaining("xlsr-pellav2") }),
    );
  });

  it.each([
    ["not JSON", "{"],
    ["an unknown key", JSON.stringify({ ...voiceCard("xlsr-pellav2"), licence_: "MIT" })],
    [
      "thresholds the wrong way round",
      JSON.stringify({
        ...voiceCard("xlsr-pellav2"),
        operatingPoints: { balanced: { spoofAbove: -1, bonaFideBelow: 1 } },
      }),
    ],
  ])("are refused: %s", (_, text) => {
    expect(() => parseVoiceCard(text, "card.json")).toThrow(expect.objectContaining({ code: "model.invalid" }));
  });
});
