import { describe, expect, it } from "vitest";
import { parseCommandLine } from "./options.ts";
import { fromWhisperNames } from "./whisper-names.ts";

describe("a command line of the reference's own", () => {
  it("means the same here", () => {
    const whisper =
      "talk.mp3 --model base --language German --output_format vtt --output_dir out --word_timestamps True --beam_size 5 " +
      "--initial_prompt Halfgig --no_speech_threshold 0.5 --logprob_threshold -0.8 --compression_ratio_threshold None";
    expect(parseCommandLine(whisper.split(" "))).toMatchObject({
      files: ["talk.mp3"],
      model: "whisper-base",
      formats: ["vtt"],
      outputDirectory: "out",
      job: {
        language: "de",
        words: true,
        beamSize: 5,
        initialPrompt: "Halfgig",
        noSpeechThreshold: 0.5,
        logprobThreshold: -0.8,
        compressionRatioThreshold: null,
      },
    });
  });

  it.each<[string, string[]]>([
    ["--condition_on_previous_text False", ["--no-condition-on-previous-text"]],
    ["--condition_on_previous_text=True", []],
    ["--highlight_words True a.mp3", ["--highlight-words", "a.mp3"]],
    ["--word-timestamps a.mp3", ["--words", "a.mp3"]],
    ["--hallucination_silence_threshold 2.5", ["--hallucination-silence", "2500"]],
    ["--model medium.en", ["--model", "openai/whisper-medium.en"]],
    ["--model turbo", ["--model", "openai/whisper-large-v3-turbo"]],
    ["--model demo --language yue", ["--model", "demo", "--language", "yue"]],
    ["-f srt -- --output_dir", ["-f", "srt", "--", "--output_dir"]],
    ["a_b.mp3 --data /a_b", ["a_b.mp3", "--data", "/a_b"]],
  ])("%s", (given, expected) => {
    expect(fromWhisperNames(given.split(" "))).toEqual(expected);
  });
});
