import { describe, expect, it } from "vitest";
import { readLabels } from "./voice-config.ts";

describe("readLabels", () => {
  it.each<[Record<string, string>, number[]]>([
    [{ 0: "Bonafide", 1: "Spoof" }, [1]],
    [{ 0: "spoof", 1: "bona-fide" }, [0]],
    [{ 0: "fake", 1: "real" }, [0]],
    [{ 0: "Human", 1: "AI" }, [1]],
    [{ 0: "human voice", 1: "AI-generated", 2: "voice conversion (synthetic)" }, [1, 2]],
    [{ 1: "real", 0: "deepfake" }, [0]],
  ])("tells by their names which mean a synthetic voice: %j", (id2label, spoofLabels) => {
    expect(readLabels("here", id2label).spoofLabels).toEqual(spoofLabels);
  });

  it.each<Record<string, string>>([
    { 0: "LABEL_0", 1: "LABEL_1" },
    { 0: "Speech", 1: "Music" },
    { 0: "spoof", 1: "other" },
    { 0: "real", 1: "genuine" },
    { 0: "real fake", 1: "not fake but real" },
    { 0: "real", 2: "fake" },
    {},
  ])("does not guess: %j", (id2label) => {
    expect(() => readLabels("here", id2label)).toThrow("id2label");
  });
});
