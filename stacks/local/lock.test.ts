import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockDirectory } from "./lock.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-lock-"));
});
afterEach(() => rm(directory, { recursive: true }));

describe("lockDirectory", () => {
  it("lets one process in at a time, and says who has it and what to do", async () => {
    const lock = await lockDirectory(directory);
    await expect(lockDirectory(directory)).rejects.toMatchObject({
      code: "host.data_in_use",
      message: expect.stringMatching(new RegExp(`process ${process.pid}.*--data`)),
    });
    await lock.release();
    await (await lockDirectory(directory)).release();
    expect(await readdir(directory)).toEqual([]);
  });

  it.each([
    ["a process that is gone", JSON.stringify({ pid: 2 ** 22 - 1, started: "1" })],
    ["a process whose id was given to another", JSON.stringify({ pid: process.pid, started: "1" })],
    ["half a file", '{"pid": 12'],
  ])("takes over from %s", async (_name, content) => {
    await writeFile(join(directory, "host.lock"), content);
    await (await lockDirectory(directory)).release();
    expect(await readdir(directory)).toEqual([]);
  });

  it("removes what a process that was killed had begun to write, and nothing else", async () => {
    for (const name of ["host.lock.4711", "credentials.json.4711", "credentials.json"])
      await writeFile(join(directory, name), "");
    await (await lockDirectory(directory)).release();
    expect(await readdir(directory)).toEqual(["credentials.json"]);
  });

  it("gives the lock of a process that is gone to one of several that want it", async () => {
    const script = join(directory, "contender.mjs");
    await writeFile(
      script,
      `import { lockDirectory } from ${JSON.stringify(join(import.meta.dirname, "lock.ts"))};
      const say = (word) => process.send(word);
      process.on("message", (path) => lockDirectory(path).then(() => say("locked"), (error) => say(error.code)));
      say("ready");`,
    );
    const contenders = [1, 2, 3].map(() => fork(script));
    const answers = () => Promise.all(contenders.map(async (each) => (await once(each, "message"))[0] as string));
    await answers();
    for (let round = 0; round < 20; round++) {
      const folder = join(directory, String(round));
      await mkdir(folder);
      await writeFile(join(folder, "host.lock"), JSON.stringify({ pid: 2 ** 22 - 1, started: "1" }));
      const said = answers();
      for (const each of contenders) each.send(folder);
      expect((await said).sort()).toEqual(["host.data_in_use", "host.data_in_use", "locked"]);
    }
    for (const each of contenders) each.kill();
  });
});
