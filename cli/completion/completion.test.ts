import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { completionScript, shellNames } from "./scripts.ts";
import { commands, ownOptions, values } from "./words.ts";

const has = (program: string) => spawnSync(program, ["--version"]).error === undefined;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "halfgig-completion-"));
  for (const shell of shellNames) writeFileSync(join(directory, shell), completionScript(shell));
  writeFileSync(join(directory, "serving.mp4"), "");
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What bash offers for the last word. */
function offered(...words: string[]): string[] {
  const quoted = words.map((word) => `'${word}'`).join(" ");
  const script = `source ./bash; COMP_WORDS=(halfgig ${quoted}); COMP_CWORD=${words.length}; _halfgig; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync("bash", ["-c", script], { cwd: directory, encoding: "utf8" }).trim().split("\n");
}

describe("what bash completes", () => {
  it.each<[string[], string[]]>([
    [["se"], ["serve", "search", "settings", "serving.mp4"]],
    [["--for"], ["--format"]],
    [["talk.mp4", "--format", "v"], ["vtt"]],
    [["talk.mp4", "-f", "js"], ["json"]],
    [["models", "ver"], ["verify"]],
    [["models", "--up"], ["--update"]],
    [["serve", "--s"], ["--s3-port"]],
    [["talk.mp4", "serv"], ["serving.mp4"]],
    [["completion", "f"], ["fish"]],
  ])("after %j", (words, expected) => {
    expect([...new Set(offered(...words))].sort()).toEqual(expected.sort());
  });
});

describe("the tables", () => {
  it("name no option that a command does not have", () => {
    const known = new Set([...ownOptions, ...commands.flatMap(({ options }) => options)]);
    expect(Object.keys(values).filter((option) => !known.has(option))).toEqual([]);
  });
});

describe.each(["zsh", "fish"] as const)("for %s", (shell) => {
  it.skipIf(!has(shell))(`the script is read without complaint (needs ${shell})`, () => {
    const { status, stderr } = spawnSync(shell, ["-n", join(directory, shell)], { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
  });

  it("names every command", () => {
    for (const { name } of commands) expect(completionScript(shell)).toMatch(new RegExp(`\\b${name}\\b`));
  });
});
