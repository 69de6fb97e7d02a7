import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { halfgig } from "./support/cli.ts";
import { emptyFile, sample, videoWithoutSound } from "./support/media.ts";
import { spokenWords } from "./support/send.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-cli-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe("halfgig demo", () => {
  it("prints the right digits, the language, the ledger and the functions' table, and reuses all of it", async () => {
    const data = join(directory, "demo");
    // As at a stranger's: nothing is bundled yet.
    const environment = { HALFGIG_BUNDLE_CACHE: "" };
    const first = await halfgig(["demo", "--data", data], environment);
    expect(first.stderr).not.toMatch(/error/i);
    expect(first.status).toBe(0);
    expect(first.stdout).toMatch(/one two three[\s\S]*four five six[\s\S]*seven eight nine/);
    expect(first.stdout).toMatch(/00:00:\d\d,\d{3} --> 00:00:\d\d,\d{3}/);
    expect(first.stdout).toMatch(/language +English \(\d/);
    expect(first.stdout).toMatch(/speech +\d+\.\d\d/);
    expect(first.stdout).toMatch(/^all +15\.\d\d/m);
    for (const name of ["presign", "mediaUploaded", "probe", "split", "infer", "merge", "jobs", "results"]) {
      expect(first.stdout).toMatch(new RegExp(`^${name} .* 512$`, "m"));
    }
    expect(first.stdout).toContain("nothing to reuse yet");

    const second = await halfgig(["demo", "--data", data], environment);
    expect(second.status).toBe(0);
    expect(second.stdout).toMatch(/reused: the built model graphs; the function bundles; the transcript of/);
    expect(second.stdout).toContain("one two three");
    expect(second.stdout.split("functions of the run that computed")[0]).not.toMatch(/^infer /m);
  });
});

describe("halfgig <file…>", () => {
  it("writes every format, names the language, and exits with 0", async () => {
    const output = join(directory, "out");
    const args = [
      sample.english,
      sample.german,
      "--model",
      "demo",
      "-f",
      "all",
      "-o",
      output,
      "--data",
      join(directory, "cli"),
    ];
    const { status, stderr } = await halfgig(args);
    expect(stderr).toContain("DEMO model");
    expect(status).toBe(0);
    expect((await readdir(output)).sort()).toEqual(
      ["digits", "digits.de"]
        .flatMap((name) => ["json", "srt", "tsv", "txt", "vtt"].map((format) => `${name}.${format}`))
        .sort(),
    );
    const german = JSON.parse(await readFile(join(output, "digits.de.json"), "utf8"));
    expect(german.language.code).toBe("de");
    expect(german.model).toMatchObject({ id: "demo", demo: true });
    expect(spokenWords(await readFile(join(output, "digits.de.srt"), "utf8"))).toBe("eins zwei drei vier fünf sechs");
  });

  it("prints to stdout alone what was asked for, so that it can be piped", async () => {
    const args = [sample.german, "--model", "demo", "-f", "txt", "--data", join(directory, "cli")];
    const { status, stdout } = await halfgig(args);
    expect(status).toBe(0);
    expect(stdout.trim().split(/\s+/)).toEqual(["eins", "zwei", "drei", "vier", "fünf", "sechs"]);
  });

  it("goes on after a file that fails, says why, and exits with 1", async () => {
    const files = [
      await videoWithoutSound(directory),
      await emptyFile(directory),
      join(directory, "absent.mp3"),
      sample.german,
    ];
    const { status, stdout, stderr } = await halfgig([...files, "--model", "demo", "--data", join(directory, "cli")]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/mute\.mp4: failed at probe: .*no audio track.*\[media\.no_audio\]/);
    expect(stderr).toMatch(/empty\.mp3: failed at probe: .*no bytes.*\[media\.empty\]/);
    expect(stderr).toMatch(/absent\.mp3 is not a file/);
    expect(stdout).toContain("eins zwei drei");
  });

  it.each([
    ["no file", []],
    ["an unknown option", ["--frobnicate"]],
    ["an unknown format", ["x.mp3", "-f", "docx"]],
    ["a memory that is no number", ["x.mp3", "--memory", "lots"]],
    ["a language that is no code", ["x.mp3", "--language", "English please"]],
  ])("exits with 2 on %s", async (_name, args) => {
    const { status, stderr } = await halfgig(args);
    expect(status).toBe(2);
    expect(stderr).toContain("halfgig --help");
  });

  it("names both ways out when the model is not there", async () => {
    const { status, stderr } = await halfgig(
      [sample.german, "--model", "whisper-tiny", "--data", join(directory, "empty")],
      { HF_ENDPOINT: "http://127.0.0.1:4" },
    );
    expect(status).toBe(1);
    expect(stderr).toContain("[model.missing]");
    expect(stderr).toMatch(/https:\/\/huggingface\.co\/openai\/whisper-tiny/);
    expect(stderr).toContain("--model demo");
  });
});
