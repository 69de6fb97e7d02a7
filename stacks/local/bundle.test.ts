import { expect, it } from "vitest";
import { readSettings } from "../../layers/core/index.ts";
import { functionSpecs } from "../app/index.ts";
import { isBundleSource } from "./bundle.ts";
import { withEsbuild } from "./esbuild.ts";
import { projectRoot } from "./project-root.ts";

it("knows a bundle by every file of ours that is in it, tables too", async () => {
  const { description, infer } = functionSpecs(readSettings({}));
  const { metafile } = await withEsbuild({}, (build) =>
    build({
      ...{ absWorkingDir: projectRoot, entryPoints: [description.entry, infer.entry], outdir: "none", write: false },
      ...{ bundle: true, platform: "node", format: "cjs", external: ["onnxruntime-node"], metafile: true },
      logLevel: "error",
    }),
  );
  const ours = Object.keys(metafile?.inputs ?? {}).filter((path) => !path.startsWith("node_modules/"));
  expect(ours).toContain("layers/inference/costs.json");
  expect(ours.filter((path) => !isBundleSource(path))).toEqual([]);
});
