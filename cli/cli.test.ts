import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { outputNames } from "./commands/transcribe.ts";
import { run } from "./main.ts";
import { defaultDataDirectory, parseCommandLine, UsageError } from "./options.ts";
import { table } from "./tables.ts";
import { Tally } from "./tally.ts";
import { printable } from "./terminal.ts";

describe("parseCommandLine", () => {
  it("takes files, formats and an output folder", () => {
    expect(parseCommandLine(["a.mp4", "b.mp3", "-f", "srt,json", "-o", "out", "--memory", "512"])).toMatchObject({
      command: "transcribe",
      files: ["a.mp4", "b.mp3"],
      formats: ["srt", "json"],
      outputDirectory: "out",
      memoryMB: 512,
    });
    expect(parseCommandLine(["x", "-f", "all"]).formats).toEqual(["json", "srt", "vtt", "txt", "tsv"]);
  });

  it("takes a file that has a command's name when it is written as a path", () => {
    expect(parseCommandLine(["./serve"])).toMatchObject({ command: "transcribe", files: ["./serve"] });
  });

  it("takes transcribe as a verb, and as a file where it is one and stands alone", () => {
    const parsed = (argv: string[]) => parseCommandLine(argv).files;
    expect(parsed(["transcribe", "talk.mp4", "-f", "txt"])).toEqual(["talk.mp4"]);
    expect(parsed(["talk.mp4", "transcribe"])).toEqual(["talk.mp4", "transcribe"]);
    expect(parsed(["./transcribe"])).toEqual(["./transcribe"]);
    expect(parseCommandLine(["transcribe", "--watch", "inbox"])).toMatchObject({ watch: "inbox", files: [] });
    expect(() => parsed(["transcribe"])).toThrow("No file was given.");
    const cwd = process.cwd();
    const folder = mkdtempSync(join(tmpdir(), "halfgig-verb-"));
    writeFileSync(join(folder, "transcribe"), "");
    process.chdir(folder);
    try {
      expect(parsed(["transcribe"])).toEqual(["transcribe"]);
      expect(parsed(["transcribe", "transcribe"])).toEqual(["transcribe"]);
    } finally {
      process.chdir(cwd);
      rmSync(folder, { recursive: true });
    }
  });

  it("takes doubtful lines for the texts", () => {
    expect(parseCommandLine(["x", "--keep-doubtful"]).subtitles).toEqual({ keepDoubtful: true });
    expect(parseCommandLine(["x", "--keep_doubtful", "True"]).subtitles).toEqual({ keepDoubtful: true });
    expect(parseCommandLine(["x"]).subtitles).toEqual({});
  });

  it("SPEECH 24: takes the layout of subtitles; words that are to be highlighted are asked for", () => {
    const argv = ["x", "--max-line-width", "42", "--max-line-count", "2", "--max-words-per-line", "7"];
    const layout = { maxLineWidth: 42, maxLineCount: 2, maxWordsPerLine: 7 };
    expect(parseCommandLine(argv)).toMatchObject({ subtitles: layout, job: {} });
    expect(parseCommandLine([...argv, "--highlight-words"])).toMatchObject({
      subtitles: { ...layout, highlightWords: true },
      job: { words: true },
    });
    expect(parseCommandLine(["x", "--highlight-words", "--transcript", "x.json"]).job.words).toBeUndefined();
    expect(() => parseCommandLine(["x", "--max-line-width", "0"])).toThrow(/--max-line-width takes a whole number/);
    expect(() => parseCommandLine(["x", "--max-line-count", "2"])).toThrow(/needs --max-line-width too/);
  });

  it.each([[[]], [["serve", "file"]], [["x", "--port", "70000"]], [["x", "--task", "sing"]]])("refuses %j", (argv) => {
    expect(() => parseCommandLine(argv)).toThrow(UsageError);
  });

  it("keeps data where XDG says", () => {
    expect(defaultDataDirectory({ XDG_DATA_HOME: "/x" })).toBe("/x/halfgig");
    expect(defaultDataDirectory({ HOME: "/h" })).toBe("/h/.local/share/halfgig");
  });
});

describe("outputNames", () => {
  it("drops extensions, unless two files would then share a name", () => {
    expect(outputNames(["a/x.mp4", "b/y.mp3"])).toEqual(["x", "y"]);
    expect(outputNames(["x.mp4", "x.mp3"])).toEqual(["x.mp4", "x.mp3"]);
    expect(outputNames(["a/x.mp4", "b/x.mp4"])).toEqual(["x.mp4", "x.mp4-2"]);
  });

  it("never gives one name to two files", () => {
    const file = fc.tuple(
      fc.constantFrom("a", "b"),
      fc.constantFrom("x", "y", "x.mp4"),
      fc.constantFrom("", ".mp4", ".mp3"),
    );
    fc.assert(
      fc.property(fc.array(file, { maxLength: 8 }), (files) => {
        const names = outputNames(files.map(([folder, stem, extension]) => `${folder}/${stem}${extension}`));
        expect(new Set(names).size).toBe(names.length);
      }),
    );
  });
});

describe("what is printed", () => {
  it("cannot drive a terminal", () => {
    expect(printable("a\u001b]0;title\u0007b\u202Ec\nd")).toBe("a\u{FFFD}]0;title\u{FFFD}b\u{FFFD}c\nd");
  });

  it("cannot drive a terminal from an error's words either", async () => {
    vi.stubEnv("WHISPER_MODEL_PATH", "/nowhere/\u001b]0;title\u0007");
    const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const status = await run(["models", "rm", "mine"]);
    const printed = stderr.mock.calls.join("");
    stderr.mockRestore();
    vi.unstubAllEnvs();
    expect(status).toBe(1);
    expect(printed).toContain("/nowhere/\u{FFFD}]0;title\u{FFFD}");
  });

  it("is aligned: words to the left, numbers to the right", () => {
    expect(
      table(
        ["name", "n"],
        [
          ["a", 5],
          ["long", 123],
        ],
      ),
    ).toBe("name    n\n────  ───\na       5\nlong  123");
  });

  it("adds invocations up by function", () => {
    const tally = new Tally();
    const report = {
      requestId: "r",
      startedAt: "",
      initMs: 0,
      memoryMB: 512,
      functionName: "infer",
      coldStart: true,
      durationMs: 10,
      peakRssMiB: 90,
      outcome: "ok" as const,
    };
    tally.add(report);
    const metrics = { Sheds: 1, EvictionsForRoom: 2, PeakResidentMemory: 80 };
    tally.add({ ...report, coldStart: false, peakRssMiB: 80, outcome: "oom", metrics });
    expect(tally.functions).toEqual([
      {
        functionName: "infer",
        invocations: 2,
        coldStarts: 1,
        durationMs: 20,
        peakRssMiB: 90,
        memoryMB: 512,
        failures: 1,
        sheds: 1,
        evictions: { room: 2 },
      },
    ]);
  });
});
