import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { halfgig } from "../test/e2e/support/cli.ts";
import type { Check } from "./doctor/check.ts";
import { checkClock, checkNode, checkPort } from "./doctor/machine.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-doctor-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const examine = async (environment: Record<string, string>, data = directory) => {
  const { status, stdout } = await halfgig(["doctor", "--json", "--data", data], environment);
  const checks = JSON.parse(stdout) as Check[];
  return { status, of: (name: string) => checks.find((check) => check.name === name) };
};

describe("halfgig doctor", () => {
  it("finds everything that is there, and ends with 0", async () => {
    const { status, of } = await examine({ WHISPER_MODEL: "demo" });
    expect(status).toBe(0);
    for (const name of ["Node.js", "settings", "ffmpeg", "formats", "data directory", "clock"])
      expect(of(name)?.state, name).toBe("ok");
    expect(of("memory limits")?.found).toMatch(/cgroup1|cgroup2|watching/);
  });

  it("says what is wrong and what to do, and ends with 1", async () => {
    const broken = join(directory, "ffmpeg");
    await writeFile(broken, "#!/bin/sh\necho no >&2\nexit 3\n");
    await chmod(broken, 0o755);
    const { status, of } = await examine({ FFMPEG_PATH: broken, YT_DLP_PATH: join(directory, "absent") });
    expect(status).toBe(1);
    expect(of("ffmpeg")).toMatchObject({ state: "fail", advice: expect.stringContaining("FFMPEG_PATH") });
    expect(of("yt-dlp")).toMatchObject({ state: "warn", advice: expect.stringContaining("YT_DLP_PATH") });
    expect(of("model whisper-tiny")).toMatchObject({ state: "warn", advice: expect.stringContaining("models pull") });
  });

  it("refuses settings that cannot be used, and a data directory that is a file", async () => {
    const taken = join(directory, "taken");
    await writeFile(taken, "");
    const { status, of } = await examine({ MAX_CONCURRENCY: "none" }, taken);
    expect(status).toBe(1);
    expect(of("settings")).toMatchObject({ state: "fail", found: expect.stringContaining("MAX_CONCURRENCY") });
    expect(of("data directory")?.state).toBe("fail");
  });

  it("notices a taken port, an old Node and a clock that was never set", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    expect(await checkPort(port, "--port")).toMatchObject({ state: "warn", advice: expect.stringContaining("--port") });
    server.close();
    expect(checkNode("20.19.0").state).toBe("fail");
    expect(checkNode("24.21.0").state).toBe("ok");
    expect(checkClock(0, Date.parse("2026-11-01")).state).toBe("fail");
  });
});
