import { existsSync } from "node:fs";
import { join } from "node:path";
import { MediaError } from "../core/index.ts";
import { type Architecture, filesBelow, type LayerFile } from "../packing/index.ts";

/** Where Lambda's runtime looks for what layers bring (NODE_PATH), below /opt. */
const packagesPath = "nodejs/node_modules";

/**
 * The layer `onnxruntime`: onnxruntime-node with the library of one processor, and the one package that it needs at run time. Of
 * its other dependencies nothing is loaded: they are its installer's.
 * @throws MediaError `layer.source_missing`
 */
export async function inferenceLayer(projectRoot: string, architecture: Architecture): Promise<LayerFile[]> {
  const runtime = join(projectRoot, "node_modules", "onnxruntime-node");
  const common = join(projectRoot, "node_modules", "onnxruntime-common");
  const platform = `/linux/${architecture}/`;
  const files = await filesBelow(
    runtime,
    `${packagesPath}/onnxruntime-node`,
    (path) =>
      path === "package.json" || isScript(path, "dist/") || (path.startsWith("bin/") && path.includes(platform)),
  );
  if (!files.some(({ path }) => path.endsWith(".node")) || !existsSync(common)) {
    throw new MediaError(
      "layer.source_missing",
      `${runtime} has no library for linux ${architecture}. Run npm ci, and try again.`,
    );
  }
  return [
    ...files,
    ...(await filesBelow(
      common,
      `${packagesPath}/onnxruntime-common`,
      (path) => path === "package.json" || path === "dist/cjs/package.json" || isScript(path, "dist/cjs/"),
    )),
  ];
}

const isScript = (path: string, folder: string) => path.startsWith(folder) && path.endsWith(".js");
