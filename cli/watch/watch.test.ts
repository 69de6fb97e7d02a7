import { appendFile, mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SettledFiles } from "./settled.ts";
import { WatchState } from "./state.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-watch-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe("files that have settled", () => {
  it("are those that look the same twice, the oldest first", async () => {
    const files = new SettledFiles(directory);
    const settled = async () => (await files.look()).settled.map(({ name }) => name);
    await writeFile(join(directory, "new.mp3"), "x");
    await writeFile(join(directory, "growing.mp3"), "x");
    await writeFile(join(directory, "old.mp3"), "x");
    await utimes(join(directory, "old.mp3"), 1_000, 1_000);
    expect(await settled()).toEqual([]);
    await appendFile(join(directory, "growing.mp3"), "y");
    expect(await settled()).toEqual(["old.mp3", "new.mp3"]);
    expect(await settled()).toEqual(["old.mp3", "new.mp3", "growing.mp3"]);
  });

  it("are no folders, nothing hidden or empty, no unfinished downloads and no transcripts", async () => {
    const files = new SettledFiles(directory);
    await mkdir(join(directory, "folder.mp3"));
    for (const name of [".hidden.mp3", "a.mp3.part", "b.crdownload", "c.mp3.srt", "c.mp3.tsv", "c.mp3.json", "d.TMP"])
      await writeFile(join(directory, name), "x");
    await writeFile(join(directory, "empty.mp3"), "");
    await files.look();
    expect((await files.look()).settled).toEqual([]);
  });
});

describe("what was done", () => {
  const version = { sizeBytes: 5, mtimeMs: 10 };

  it("is remembered across starts, by size and time, for each folder by itself", async () => {
    const open = (folder: string) => WatchState.open(join(directory, "data"), folder);
    const state = await open("/in");
    await state.done("a.mp3", version, "done");
    const again = await open("/in");
    expect(again.isDone("a.mp3", version)).toBe(true);
    expect(again.isDone("a.mp3", { ...version, sizeBytes: 6 })).toBe(false);
    expect(again.isDone("constructor", version)).toBe(false);
    expect((await open("/other")).isDone("a.mp3", version)).toBe(false);
    await again.keep(new Set(["b.mp3"]));
    expect((await open("/in")).isDone("a.mp3", version)).toBe(false);
  });

  it("is begun anew where it was damaged", async () => {
    const open = () => WatchState.open(directory, "/in");
    await (await open()).done("a.mp3", version, "done");
    const { readdir } = await import("node:fs/promises");
    const [file = ""] = await readdir(join(directory, "watch"));
    await writeFile(join(directory, "watch", file), "{");
    expect((await open()).isDone("a.mp3", version)).toBe(false);
  });
});
