import { join } from "node:path";
import { build } from "esbuild";
import { expect, it } from "vitest";
import { projectRoot } from "../local/project-root.ts";

it("the app's description carries no native package: sst bundles it, and has no loader for such files", async () => {
  const { metafile } = await build({
    entryPoints: [join(projectRoot, "stacks/app/index.ts")],
    ...{ bundle: true, write: false, metafile: true, platform: "node", format: "esm", logLevel: "silent" },
    external: ["@aws-sdk/*"],
    plugins: [
      {
        name: "native",
        setup: ({ onResolve }) =>
          onResolve({ filter: /^(onnxruntime-node|@ffmpeg-installer|sqlite-vec)/ }, ({ path, importer }) => ({
            errors: [{ text: `${path} is imported by ${importer}` }],
          })),
      },
    ],
  });
  expect(Object.keys(metafile.inputs)).toContain("stacks/app/functions.ts");
}, 60_000);
