import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Architecture } from "../../layers/packing/index.ts";
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
    // Copies share their blocks where the file system can do that.
    for (const layer of specs[name].layers) await cp(join(folder, "layers", layer), opt, { recursive: true, mode: 2 });
  }
}
