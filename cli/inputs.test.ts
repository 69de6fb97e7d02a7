import { access, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gatherInputs } from "./inputs.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-inputs-"));
  await mkdir(join(directory, "deep", "folder.mp3"), { recursive: true });
  for (const name of ["b.mp3", "a.mp3", "c.wav", "odd[1].mp3", "deep/d.mp3"])
    await writeFile(join(directory, name), name);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const shown = async (...files: string[]) => {
  await using inputs = await gatherInputs(files.map((file) => file.replace("DIR", directory)));
  return inputs.all.map((input) => input.source.replace(`${directory}/`, ""));
};

describe("what the command line names", () => {
  it("is files and addresses as they are, and patterns as what matches them", async () => {
    expect(await shown("x.mp3", "https://a.example/[x].mp3?b=*")).toEqual(["x.mp3", "https://a.example/[x].mp3?b=*"]);
    expect(await shown("DIR/?.mp3")).toEqual(["a.mp3", "b.mp3"]);
    expect(await shown("DIR/**/*.mp3")).toEqual(["a.mp3", "b.mp3", "deep/d.mp3", "odd[1].mp3"]);
    expect(await shown("DIR/odd[1].mp3")).toEqual(["odd[1].mp3"]);
    await expect(shown("DIR/*.ogg")).rejects.toMatchObject({ code: "request.invalid" });
  });

  it("is stdin for -, whose bytes are gone afterwards", async () => {
    let path = "";
    {
      await using inputs = await gatherInputs(["-"], Readable.from([Buffer.from("media "), Buffer.from("bytes")]));
      const [input] = inputs.all;
      path = input?.source ?? "";
      expect([input?.shown, basename(path), await readFile(path, "utf8")]).toEqual(["stdin", "stdin", "media bytes"]);
    }
    await expect(access(path)).rejects.toThrow("ENOENT");
  });

  it("is no terminal, and stdin once", async () => {
    const terminal = Object.assign(Readable.from([]), { isTTY: true });
    await expect(gatherInputs(["-"], terminal)).rejects.toThrow(/terminal/);
    await expect(gatherInputs(["-", "-"], Readable.from([]))).rejects.toThrow(/once/);
  });
});
