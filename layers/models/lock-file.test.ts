import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type LockedModel, lockFileName, readLock, updateLock } from "./lock-file.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-lock-file-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const entry: LockedModel = {
  repo: "org/model",
  revision: "c0ffee",
  licence: "mit",
  files: { "config.json": { sizeBytes: 2, sha256: "0".repeat(64) } },
  source: "a test",
  pulledAt: "2026-11-21T00:00:00.000Z",
};

describe("the lock file", () => {
  it("keeps every entry when several are written at once, in a fixed order", async () => {
    await Promise.all(["c", "a", "b"].map((id) => updateLock(directory, id, entry)));
    expect(await readLock(directory)).toEqual({ a: entry, b: entry, c: entry });
    expect(Object.keys(JSON.parse(await readFile(join(directory, lockFileName), "utf8")).models)).toEqual([
      "a",
      "b",
      "c",
    ]);
    await updateLock(directory, "b", undefined);
    expect(Object.keys(await readLock(directory))).toEqual(["a", "c"]);
  });

  it("is empty where there is none, and refused where it cannot be read", async () => {
    expect(await readLock(directory)).toEqual({});
    await writeFile(join(directory, lockFileName), '{"format": 1}');
    await expect(readLock(directory)).rejects.toMatchObject({ code: "model.invalid" });
  });
});
