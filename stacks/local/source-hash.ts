import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { projectRoot } from "./project-root.ts";

/**
 * What stands for a state of sources: 20 hex digits of SHA-256 over the names and bytes of files and of what is below folders, tests left out.
 * @param paths files or folders, relative to the project
 * @param options.wanted which files count
 * @param options.salt what else the result depends on
 */
export async function sourceHash(
  paths: readonly string[],
  { wanted = () => true, salt = "" }: { wanted?: (path: string) => boolean; salt?: string } = {},
): Promise<string> {
  const hash = createHash("sha256").update(salt);
  for (const path of paths) {
    for (const file of await sourceFiles(join(projectRoot, path), wanted)) {
      hash
        .update(relative(projectRoot, file))
        .update("\0")
        .update(await readFile(file))
        .update("\0");
    }
  }
  return hash.digest("hex").slice(0, 20);
}

async function sourceFiles(path: string, wanted: (path: string) => boolean): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch(() => undefined);
  if (!entries) return [path];
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".test.ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(wanted)
    .sort();
}
