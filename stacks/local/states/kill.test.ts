import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryDirectory } from "./testing/host.ts";

/** The next message of the victim; undefined when it is gone before. */
async function message(child: ChildProcess): Promise<unknown> {
  const gone = once(child, "exit").then(() => undefined);
  return await Promise.race([once(child, "message").then(([value]) => value as unknown), gone]);
}

it("a job survives three kill -9 of its host, and at most what was under way is done twice", async () => {
  const directory = await temporaryDirectory();
  const log = join(directory, "..", `${directory.split("/").at(-1)}`, "calls.log");
  const start = () => fork(join(import.meta.dirname, "testing", "victim.ts"), [directory, log], { stdio: "inherit" });
  const calls = async () => (await readFile(log, "utf8").catch(() => "")).split("\n").filter(Boolean);

  for (let kill = 1; kill <= 3; kill += 1) {
    const child = start();
    await message(child);
    while ((await calls()).length < kill * 12) await new Promise((resolve) => setTimeout(resolve, 1));
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  const child = start();
  await message(child);
  expect(await message(child)).toEqual({ status: "SUCCEEDED", output: '{"sum":1770}' });
  await once(child, "exit");

  const all = await calls();
  expect(new Set(all).size).toBe(61);
  // Three children at once, three kills.
  expect(all.length).toBeLessThanOrEqual(61 + 9);
});
