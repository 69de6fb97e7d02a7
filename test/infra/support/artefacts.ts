import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readSettings } from "../../../layers/core/index.ts";
import { functionSpecs } from "../../../stacks/app/index.ts";
import { embeddingManifest, manifest, travellingManifest } from "./manifest.ts";

/** What a deployment finds built: small stand-ins of the same names and formats. */
export async function writeArtefacts(root: string): Promise<void> {
  const put = async (path: string, content: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  };
  const specs = functionSpecs(readSettings({}));
  const names = [...new Set(Object.values(specs).flatMap((spec) => spec.layers))];
  const layers = ["arm64", "x64"].flatMap((arch) =>
    names.map((name, index) => ({
      ...{ name, arch, path: `dist/layers/${name}-${arch}.zip`, unzippedBytes: 50_000_000 },
      sha256: `${index}`.repeat(64),
    })),
  );
  for (const layer of layers) await put(layer.path, "");
  await put("dist/layers/layers.json", JSON.stringify(layers));
  for (const name of Object.keys(specs)) await put(`dist/bundles/${name}/index.cjs`, "");
  await put("dist/model.json", JSON.stringify(manifest));
  await put("dist/embedding-model.json", JSON.stringify(embeddingManifest));
  await put("dist/travelling/arm64/model.json", JSON.stringify(travellingManifest));
  for (const [name, { sizeBytes }] of Object.entries(travellingManifest.files))
    await put(`dist/travelling/arm64/${name}`, "x".repeat(sizeBytes));
  await put("web/dist/index.html", "<!doctype html><title>halfgig</title>");
}
