import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSettings } from "../core/index.ts";
import { jobOptionsSchema } from "../storage/index.ts";
import { needsWindows, planSettings, planWork } from "./work-plan.ts";

const plan = (options: object, environment: Record<string, string> = {}) =>
  planWork(jobOptionsSchema.parse(options), readSettings(environment));
const nothing = { recognition: "none", tasks: [], language: false };

describe("planWork", () => {
  it.each([
    ["transcribe", {}, { recognition: "windows", tasks: ["transcribe"], language: true, mode: "parallel" }],
    ["translate", { task: "translate" }, { recognition: "windows", tasks: ["translate"] }],
    ["exact", { mode: "exact" }, { recognition: "exact", tasks: ["transcribe"], mode: "exact" }],
    ["language", { task: "language" }, { recognition: "windows", tasks: ["language"], language: true }],
    [
      "a given transcript",
      { transcript: { format: "srt", sizeBytes: 9, sha256: "0".repeat(64) } },
      { ...nothing, mode: "given" },
    ],
  ])("%s", (_name, options, expected) => {
    expect(plan(options)).toMatchObject(expected);
  });

  it.each([
    ["DISABLE_WHISPER", {}, nothing],
    ["SKIP_AI_MODELS", { task: "language" }, nothing],
    ["DISABLE_ASR_FALLBACK", {}, { recognition: "windows", tasks: ["language"] }],
    ["DISABLE_LANGUAGE_DETECTION", {}, { recognition: "windows", tasks: ["transcribe"], language: false }],
    ["DISABLE_LANGUAGE_DETECTION", { language: "de" }, { recognition: "windows", language: true }],
    ["DISABLE_LANGUAGE_DETECTION", { task: "language" }, nothing],
  ])("%s=1 with %j leaves out its task", (name, options, expected) => {
    expect(plan(options, { [name]: "1" })).toMatchObject(expected);
  });

  it.each([
    ["alone", { tasks: ["voice"] }, {}, { recognition: "none", tasks: ["voice"], language: false, mode: "none" }, true],
    [
      "with text",
      { tasks: ["voice", "transcribe"] },
      {},
      { recognition: "windows", tasks: ["transcribe", "voice"] },
      true,
    ],
    [
      "in exact mode",
      { tasks: ["transcribe", "voice"], mode: "exact" },
      {},
      { recognition: "exact", mode: "exact" },
      true,
    ],
    [
      "without Whisper",
      { tasks: ["transcribe", "voice"] },
      { DISABLE_WHISPER: "1" },
      { recognition: "none", tasks: ["voice"] },
      true,
    ],
    [
      "without any model",
      { tasks: ["transcribe", "voice"] },
      { SKIP_AI_MODELS: "1" },
      { recognition: "none", tasks: [] },
      false,
    ],
    [
      "not asked for",
      { tasks: ["transcribe"], mode: "exact" },
      {},
      { recognition: "exact", tasks: ["transcribe"] },
      false,
    ],
  ])("voices %s", (_name, options, environment, expected, windows) => {
    const decided = plan(options, environment);
    expect(decided).toMatchObject(expected);
    expect(needsWindows(decided)).toBe(windows);
  });

  it("names the provider as the mode", () => {
    expect(plan({}, { ASR_PROVIDER: "openai" })).toMatchObject({ recognition: "windows", mode: "openai" });
    expect(plan({ task: "language" }, { ASR_PROVIDER: "openai" })).toMatchObject(nothing);
  });

  it("never recognises what is switched off, whatever the other switches say", () => {
    const switches = planSettings.filter((name) => name !== "ASR_PROVIDER");
    const environment = fc.record(Object.fromEntries(switches.map((name) => [name, fc.constantFrom("0", "1")])));
    fc.assert(
      fc.property(environment, fc.constantFrom("transcribe", "translate", "language"), (given, task) => {
        const decided = plan({ task }, given);
        const off = given.DISABLE_WHISPER === "1" || given.SKIP_AI_MODELS === "1";
        if (off) expect(decided).toMatchObject(nothing);
        if (given.DISABLE_LANGUAGE_DETECTION === "1") expect(decided.language).toBe(false);
        if (given.DISABLE_ASR_FALLBACK === "1") expect(decided.tasks).not.toContain("transcribe");
      }),
    );
  });
});
