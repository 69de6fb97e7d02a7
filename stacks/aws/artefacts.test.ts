import { mkdtemp, rm, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeArtefacts } from "../../test/infra/support/artefacts.ts";
import { bundleFolder, packedLayers, packedModels, pageFolder } from "./artefacts.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "halfgig-artefacts-"));
  await writeArtefacts(root);
});
afterEach(() => rm(root, { recursive: true }));

describe("what a deployment finds built", () => {
  it("is read for the processor that was asked for", () => {
    const paths = [...packedLayers(root, ["ffmpeg", "models"], "x86_64").values()].map(({ path }) => path);
    expect(paths).toEqual(["dist/layers/ffmpeg-x64.zip", "dist/layers/models-x64.zip"]);
    expect(bundleFolder(root, "infer")).toBe("dist/bundles/infer");
    expect(packedModels(root, true)).toMatchObject({ speech: { id: "whisper-tiny" }, voice: undefined });
    expect(pageFolder(root)).toBe("web/dist");
  });

  it.each<[string, string, () => unknown, RegExp]>([
    [
      "a layer",
      "dist/layers/ffmpeg-arm64.zip",
      () => packedLayers(root, ["ffmpeg"], "arm64"),
      /layers -- --arch arm64$/,
    ],
    ["the list of layers", "dist/layers/layers.json", () => packedLayers(root, ["ffmpeg"], "x86_64"), /--arch x64$/],
    ["a function", "dist/bundles/infer/index.cjs", () => bundleFolder(root, "infer"), /infer.*npm run layers$/],
    ["the model", "dist/model.json", () => packedModels(root, true), /npm run layers$/],
    ["the page", "web/dist/index.html", () => pageFolder(root), /npm run build:web.*HALFGIG_PAGE=false/],
  ])("says how to build %s that is not there", async (_name, path, read, advice) => {
    await unlink(join(root, path));
    expect(read).toThrow(advice);
  });

  it("needs no model where a service recognises", async () => {
    await unlink(join(root, "dist/model.json"));
    expect(packedModels(root, false)).toEqual({ speech: undefined, voice: undefined });
  });
});
