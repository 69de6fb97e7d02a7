import { link, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Architecture, filesBelow } from "../../layers/packing/index.ts";
import type { FunctionName, FunctionSpec } from "../../stacks/app/index.ts";
import { projectRoot } from "../../stacks/local/project-root.ts";
import type { Packed } from "./pack.ts";
import { unzip } from "./unzip.ts";

/**
 * Unpacks what was packed in the way that Lambda does, once for each function: `functions/<name>` is its /var/task, and
 * `opt/<name>` its /opt, with the layers that stacks/app gives it and no other. The embedded host runs from such a folder.
 */
export async function unpackArtefacts(
  packed: Packed,
  specs: Record<FunctionName, FunctionSpec>,
  arch: Architecture,
  folder: string,
): Promise<void> {
  const layers = packed.layers.filter((layer) => layer.arch === arch);
  for (const { name, path } of layers) await unzip(join(projectRoot, path), join(folder, "layers", name));
  for (const { name, path } of packed.functions) {
    await unzip(join(projectRoot, path), join(folder, "functions", name));
    const opt = join(folder, "opt", name);
    await mkdir(opt, { recursive: true });
    // The layers are laid over each other, as on Lambda; their files are there once, under several names.
    for (const layer of specs[name].layers) {
      for (const { path, source } of await filesBelow(join(folder, "layers", layer), opt)) {
        await mkdir(dirname(path), { recursive: true });
        await link(source, path);
      }
    }
  }
}
