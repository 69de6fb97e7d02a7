import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";

/** The processors that a Lambda function can ask for, by Node's names for them. */
export type Architecture = "arm64" | "x64";
export const architectures: readonly Architecture[] = ["arm64", "x64"];

/** One file of a Lambda layer. */
export type LayerFile = {
  /** Where it is found below /opt, with slashes. */
  path: string;
  /** The file on this machine that it is a copy of. */
  source: string;
  executable?: boolean;
};

/** Every file below a folder that `keep` accepts (by its path in the folder), to be found below `target`. */
export async function filesBelow(
  folder: string,
  target: string,
  keep: (path: string) => boolean = () => true,
): Promise<LayerFile[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((source) => keep(relative(folder, source)))
    .map((source) => ({ path: join(target, relative(folder, source)), source }));
}
