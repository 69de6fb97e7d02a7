import { describe, expect, it } from "vitest";
import { parseCommandLine, UsageError } from "./options.ts";

const job = (...args: string[]) => parseCommandLine(["a.mp3", ...args]).job;

describe("what is asked of the recognition", () => {
  it("says nothing about what was not given, so that the service's defaults hold", () => {
    expect(job()).toEqual({});
  });

  it("reads every flag", () => {
    const flags = ["--mode", "exact", "--words", "--initial-prompt", "Dr. Ng", "--hotwords", "Ng", "--beam-size", "3"];
    const rest = ["--best-of", "2", "--temperature", "0,0.4", "--clip-timestamps", "0,12.5", "--language", "en"];
    const ending = [
      "--hallucination-silence",
      "2000",
      "--no-condition-on-previous-text",
      "--task",
      "translate",
      "--carry-initial-prompt",
    ];
    expect(job(...flags, ...rest, ...ending)).toEqual({
      mode: "exact",
      words: true,
      initialPrompt: "Dr. Ng",
      carryInitialPrompt: true,
      hotwords: "Ng",
      beamSize: 3,
      bestOf: 2,
      temperatures: [0, 0.4],
      clipTimestamps: [0, 12.5],
      language: "en",
      hallucinationSilenceMs: 2000,
      conditionOnPreviousText: false,
      task: "translate",
    });
  });

  it("reads how many languages to try", () => {
    expect(job("--language-alternatives", "2")).toEqual({ languageAlternatives: 2 });
  });

  it.each([
    [["--language-alternatives", "4"], /--language-alternatives/],
    [["--language-alternatives", "1", "--mode", "exact"], /--language-alternatives .*parallel/],
    [["--carry-initial-prompt", "--initial-prompt", "Dr. Ng"], /--carry-initial-prompt .*"exact"/],
    [["--carry-initial-prompt", "--mode", "exact"], /--carry-initial-prompt .*initialPrompt/],
    [["--task", "summarise"], /--task/],
    [["--mode", "fast"], /--mode/],
    [["--language", "English please"], /--language/],
    [["--beam-size", "0"], /--beam-size/],
    [["--temperature", "hot"], /--temperature takes numbers/],
    [["--temperature", "9"], /--temperature/],
    [["--clip-timestamps", "0,5"], /--clip-timestamps .*"exact"/],
    [["--task", "language", "--words"], /--words/],
    [["b.mp3", "--transcript", "a.srt"], /exactly one/],
    [["--asr-provider", "acme"], /--asr-provider/],
  ])("refuses %j", (args, sentence) => {
    expect(() => job(...args)).toThrow(UsageError);
    expect(() => job(...args)).toThrow(sentence);
  });
});
