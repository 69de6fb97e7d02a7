import { mkdtemp, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeArtefacts } from "../../test/infra/support/artefacts.ts";
import { embeddingManifest, manifest } from "../../test/infra/support/manifest.ts";
import { bundleFolder, packedLayers, packedModels, pageFolder, travellingModel } from "./artefacts.ts";
import { cloudSettings } from "./deployment.ts";

const models = (environment: Record<string, string> = {}) => packedModels(root, cloudSettings(environment), "arm64");
const travelling = () => travellingModel(root, cloudSettings({ VOICE_MODEL: "xlsr" }), "arm64");

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
    expect(models()).toEqual({ speech: manifest, voice: undefined, embedding: undefined });
    expect(models({ SEARCH_INDEX: "s3vectors", VOICE_MODEL: "xlsr", HALFGIG_INFER_MEMORY: "1024" })).toMatchObject({
      voice: { id: "xlsr-pellav2" },
      embedding: { id: "all-MiniLM-L6-v2" },
    });
    expect(travelling()).toMatchObject({ folder: "dist/travelling/arm64", manifest: { id: "xlsr-pellav2" } });
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
    ["the model", "dist/model.json", () => models(), /npm run layers$/],
    ["what search embeds with", "dist/embedding-model.json", () => models({ SEARCH_INDEX: "pinecone" }), /layers$/],
    [
      "the detector that travels",
      "dist/travelling/arm64/model.json",
      travelling,
      /xlsr-pellav2 for arm64 .*npx halfgig models pull xlsr-pellav2 && VOICE_MODEL=xlsr npm run layers -- --arch arm64$/,
    ],
    ["a part of it", "dist/travelling/arm64/weights.bin", travelling, /lacks weights\.bin.*models pull/],
    ["the page", "web/dist/index.html", () => pageFolder(root), /npm run build:web.*HALFGIG_PAGE=false/],
  ])("says how to build %s that is not there", async (_name, path, read, advice) => {
    await unlink(join(root, path));
    expect(read).toThrow(advice);
  });

  it("needs no model where a service recognises", async () => {
    await unlink(join(root, "dist/model.json"));
    expect(models({ ASR_PROVIDER: "transcribe" }).speech).toBeUndefined();
  });

  it("is refused where it was packed for other settings", async () => {
    expect(() => models({ VOICE_MODEL: "xlsr" })).toThrow(/xlsr-pellav2 \(int8\).*memory/i);
    expect(() => models({ WHISPER_MODEL: "whisper-base" })).toThrow(/whisper-tiny was packed.*name whisper-base/);
    await writeFile(join(root, "dist/travelling/arm64/weights.bin"), "cut");
    expect(travelling).toThrow(/lacks weights\.bin/);
    await writeFile(join(root, "dist/embedding-model.json"), JSON.stringify({ ...embeddingManifest, hiddenSize: 768 }));
    expect(() => models({ SEARCH_INDEX: "s3vectors" })).toThrow(/vectors of 768 numbers.*halfgig-passages takes 384/);
  });
});
