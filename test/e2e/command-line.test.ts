import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { cliPath } from "./support/cli.ts";
import { sample, textNamedMp4 } from "./support/media.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-command-line-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

function start(args: readonly string[]) {
  const child = spawn(process.execPath, [cliPath, ...args, "--model", "demo", "--data", join(directory, "data")]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  return { child, output, ended };
}

describe("the command line", () => {
  it("reads stdin and files, and tells programs of each in one line of JSON", async () => {
    const text = await textNamedMp4(directory);
    const { child, output, ended } = start(["-", text, "--json"]);
    createReadStream(sample.english).pipe(child.stdin);
    expect(await ended).toBe(1);
    const lines = output.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toEqual([
      expect.objectContaining({ file: "stdin", status: "done", error: null, written: [] }),
      expect.objectContaining({ file: text, status: "failed" }),
    ]);
    expect(JSON.stringify(lines[0]?.transcript)).toContain("one two three");
    expect(lines[1]?.error).toMatchObject({ code: "media.not_media" });
    expect(output.stderr).toContain("DEMO");
  }, 120_000);

  it("watches a folder: what comes is done once, also after another start", async () => {
    const inbox = join(directory, "inbox");
    const out = join(directory, "out");
    await mkdir(inbox);
    await copyFile(sample.german, join(inbox, "first.ogg"));
    const watching = ["--watch", inbox, "-o", out, "--output_format", "txt"];
    const seen = async (names: string[]) => {
      while ((await readdir(out).catch((): string[] => [])).join() !== names.join()) await sleep(100);
    };
    const one = start(watching);
    await seen(["first.ogg.txt"]);
    one.child.kill("SIGINT");
    expect(await one.ended).toBe(0);
    const two = start(watching);
    await copyFile(sample.english, join(inbox, "second.mp4"));
    await seen(["first.ogg.txt", "second.mp4.txt"]);
    two.child.kill("SIGTERM");
    expect(await two.ended).toBe(0);
    expect(await readFile(join(out, "second.mp4.txt"), "utf8")).toContain("one two three");
    expect(two.output.stderr).not.toContain("first.ogg");
    expect(two.output.stderr).toContain("wrote");
  }, 240_000);
});
