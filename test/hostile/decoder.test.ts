import { execFileSync } from "node:child_process";
import { closeSync, constants, existsSync, openSync, readSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { decodePcm, ffmpegPath, fileSource, type MediaLimits, probeMedia } from "../../layers/media/index.ts";
import { processTree } from "../../stacks/local/lambda/process-tree.ts";
import { wav } from "./support/bytes.ts";

let folder: string;
const real = ffmpegPath();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "halfgig-decoder-"));
  await writeFile(join(folder, "stranger's $(touch x) file.wav"), wav(Buffer.alloc(32_000)));
});
afterEach(() => vi.unstubAllEnvs());
afterAll(() => rm(folder, { recursive: true, force: true }));

const source = () => fileSource(join(folder, "stranger's $(touch x) file.wav"));

/** Puts a shell script in ffmpeg's place. */
async function stand(script: string): Promise<void> {
  const path = join(folder, "ffmpeg");
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  vi.stubEnv("FFMPEG_PATH", path);
}

const below = () => processTree(process.pid).map((pid) => commandOf(pid));
const strays = async () => (await Promise.all(below())).filter((name) => /^(sleep|cat|sh|ffmpeg)$/.test(name));
const commandOf = (pid: number) =>
  readFile(`/proc/${pid}/comm`, "utf8").then(
    (text) => text.trim(),
    () => "",
  );

async function decode(limits: Partial<MediaLimits> = {}) {
  await using decoder = decodePcm(await source(), { audioTrack: 0, demuxer: "wav", limits });
  for await (const chunk of decoder.stdout) expect(chunk.length).toBeGreaterThan(0);
  return decoder.done;
}

describe("ffmpeg, for strangers' files", () => {
  /**
   * Tells of the arguments and the environment of every run, and then runs. It may write no file, so it writes to a pipe with a name.
   * @returns what was told until now
   */
  async function recorder(): Promise<() => { args: string[][]; environment: string }> {
    const pipe = join(await mkdtemp(join(folder, "told-")), "pipe");
    execFileSync("mkfifo", [pipe]);
    const reader = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    onTestFinished(() => closeSync(reader));
    await stand(`{ printf 'RUN\\n'; printf '%s\\n' "$@"; printf 'ENVIRONMENT\\n'; tr '\\0' '\\n' < /proc/$$/environ; } > ${pipe}
exec ${real} "$@"`);
    return () => {
      const buffer = Buffer.alloc(65_536);
      const text = buffer.toString("utf8", 0, readSync(reader, buffer));
      const runs = text
        .split("RUN\n")
        .slice(1)
        .map((run) => run.split("ENVIRONMENT\n"));
      return {
        args: runs.map(([args = ""]) => args.trimEnd().split("\n")),
        environment: runs.map(([, environment]) => environment).join("\n"),
      };
    };
  }

  it("gets a forced demuxer, one protocol, one track, one thread and no file name", async () => {
    const told = await recorder();
    await probeMedia(await source());
    expect((await decode()).samples).toBe(16_000);
    const runs = told().args;
    expect(runs).toHaveLength(2);
    for (const args of runs) {
      const argument = (name: string) => args[args.indexOf(name) + 1];
      expect(args.slice(0, 2)).toEqual(["-nostdin", "-hide_banner"]);
      expect(argument("-protocol_whitelist")).toBe("http,tcp");
      expect(argument("-format_whitelist")).toBe("wav");
      expect(argument("-f")).toBe("wav");
      expect(argument("-threads")).toBe("1");
      expect(argument("-i")).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{48}$/);
      expect(args.indexOf("-protocol_whitelist")).toBeLessThan(args.indexOf("-i"));
      expect(Number(argument("-max_alloc"))).toBeLessThanOrEqual(64 * 1_048_576);
      expect(args.join("\n")).not.toContain("stranger");
    }
    const args = runs[1] ?? [];
    expect(args).toEqual(expect.arrayContaining(["-vn", "-sn", "-dn", "-t"]));
    expect(args.filter((_, at) => args[at - 1] === "-map")).toEqual(["0:0", "0:0"]);
    expect(existsSync(join(folder, "x"))).toBe(false);
  });

  it("gets nothing of this process's environment", async () => {
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "topsecret");
    vi.stubEnv("OPENAI_API_KEY", "topsecret");
    const told = await recorder();
    await probeMedia(await source());
    await decode();
    const { args, environment } = told();
    expect(args).toHaveLength(2);
    expect(environment).not.toContain("topsecret");
    const names = environment.split("\n").map((line) => line.split("=")[0]);
    expect(names.filter((name) => /AWS|KEY|TOKEN|SECRET|NODE|HALFGIG|HOME|LD_/.test(name ?? ""))).toEqual([]);
  });

  it.each<[string, string, Partial<MediaLimits>, string]>([
    ["hangs and does not listen to SIGTERM", "trap '' TERM\nexec sleep 600", { stallTimeoutMs: 500 }, "media.timeout"],
    ["hangs longer than a decode may take", "exec sleep 600", { decodeTimeoutMs: 500 }, "media.timeout"],
    ["never stops to write", "exec cat /dev/zero", { maxDurationMs: 5_000 }, "media.too_long"],
    ["dies half-way", "head -c 64000 /dev/zero\nkill -9 $$", {}, "media.decode_failed"],
    ["dies at once", "kill -SEGV $$", {}, "media.decode_failed"],
    [
      "fails and says why at the top of its voice",
      "cat /dev/zero | head -c 3000000 >&2\nexit 1",
      {},
      "media.decode_failed",
    ],
    ["says nothing and succeeds", "exit 0", {}, "media.decode_failed"],
  ])("that %s is ended, with nothing left of it", async (_name, script, limits, code) => {
    await stand(script);
    const failure = await decode(limits).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code });
    expect((failure as Error).message.length).toBeLessThan(700);
    expect((failure as Error).message).not.toContain(folder);
    await expect.poll(strays).toEqual([]);
  });

  it("that leaves a child behind which holds its pipes does not keep anybody waiting", async () => {
    await stand(`sleep 600 & echo $! > ${folder}/child; exit 0`);
    const failure = await decode({ stallTimeoutMs: 1_000 }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: expect.stringMatching(/^media\.(timeout|decode_failed)$/) });
    const child = Number(await readFile(join(folder, "child"), "utf8"));
    await expect.poll(() => commandOf(child)).not.toBe("sleep");
  });

  it("that hangs while it reads headers is ended too", async () => {
    await stand("exec sleep 600");
    await expect(probeMedia(await source(), { limits: { probeTimeoutMs: 500 } })).rejects.toMatchObject({
      code: "media.timeout",
    });
    await expect.poll(strays).toEqual([]);
  });
});
