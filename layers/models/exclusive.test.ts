import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { takeTurn } from "./exclusive.ts";

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-turn-"));
  path = join(directory, "model.turn");
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe("takeTurn", () => {
  it("lets one in at a time, and leaves nothing behind", async () => {
    let inside = 0;
    let most = 0;
    const waited: string[] = [];
    await Promise.all(
      [1, 2, 3].map(async () => {
        await using _ = await takeTurn(path, { onWait: (owner) => waited.push(owner) });
        most = Math.max(most, ++inside);
        await sleep(5);
        inside--;
      }),
    );
    expect(most).toBe(1);
    expect(waited[0]).toBe(`process ${process.pid} on ${hostname()}`);
    expect(await readdir(directory)).toEqual([]);
  });

  const gone = 2 ** 22 - 1;
  it.each([
    ["a process that is gone", JSON.stringify({ host: hostname(), pid: gone, started: "1" })],
    ["a process whose id was given to another", JSON.stringify({ host: hostname(), pid: process.pid, started: "1" })],
    ["half a file", '{"host": '],
  ])("takes over from %s", async (_name, text) => {
    await writeFile(path, text);
    await (await takeTurn(path))[Symbol.asyncDispose]();
    expect(await readdir(directory)).toEqual([]);
  });

  it("takes over from another machine that has been silent, and waits for one that has not", async () => {
    await writeFile(path, JSON.stringify({ host: "elsewhere.invalid", pid: 1 }));
    const stop = new AbortController();
    const waiting = takeTurn(path, { signal: stop.signal, onWait: () => stop.abort() });
    await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
    const longAgo = new Date(Date.now() - 3_600_000);
    await utimes(path, longAgo, longAgo);
    await (await takeTurn(path))[Symbol.asyncDispose]();
    expect(await readdir(directory)).toEqual([]);
  });
});
