import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { BuildOptions } from "esbuild";
import type { FunctionName, FunctionSpec } from "../app/index.ts";
import { isBundledAhead } from "./bundled-ahead.ts";
import { withEsbuild } from "./esbuild.ts";
import { projectRoot } from "./project-root.ts";
import { sourceHash } from "./source-hash.ts";

/** Provided by layers, as on AWS: never inside a bundle. */
const external = ["onnxruntime-node", "@ffmpeg-installer/ffmpeg"];

/** A change of it changes what is bundled: code, and the tables that code imports. */
export const isBundleSource = (path: string) => /\.(?:ts|json)$/.test(path);

/** How every handler is bundled. */
export const bundling = {
  bundle: true,
  platform: "node",
  target: "node24",
  format: "cjs",
  // Says CommonJS whatever package.json lies above the bundle.
  outExtension: { ".js": ".cjs" },
  minify: true,
  keepNames: true,
  external,
  // import() of an external package must become require(), for the same reason as above.
  supported: { "dynamic-import": false },
  define: { "import.meta.url": "__bundleUrl" },
  banner: { js: 'const __bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
  logLevel: "error",
} as const satisfies BuildOptions;

/** Where the bundles of these sources are, or will be. */
export async function bundleDirectory(cacheDirectory: string): Promise<string> {
  const sources = ["functions", "layers", "package-lock.json", "stacks/local/bundle.ts"];
  return join(cacheDirectory, await sourceHash(sources, { wanted: isBundleSource, salt: process.version }));
}

export type Bundles = { directory: string; reused: boolean };

/**
 * Bundles every handler for Lambda's Node 24: one CommonJS file each, because layers are found through NODE_PATH,
 * which ES modules do not consult. The folder's name is the hash of the sources, so unchanged code is not built again.
 * @param options.frugal a few at a time: 180 MiB at most instead of 380, and half as fast again
 */
export async function bundleFunctions(
  specs: Record<FunctionName, FunctionSpec>,
  cacheDirectory: string,
  { frugal = false }: { frugal?: boolean } = {},
): Promise<Bundles> {
  const directory = await bundleDirectory(cacheDirectory);
  if (existsSync(directory)) return { directory, reused: !isBundledAhead() };
  const unfinished = `${directory}.${process.pid}.tmp`;
  await mkdir(cacheDirectory, { recursive: true });
  const entries = Object.entries(specs).map(([name, spec]) => ({
    in: join(projectRoot, spec.entry),
    out: `${name}/index`,
  }));
  const atOnce = frugal ? 4 : entries.length;
  const options: BuildOptions = { ...bundling, outdir: unfinished };
  try {
    await withEsbuild({ frugal }, async (build) => {
      for (let n = 0; n < entries.length; n += atOnce)
        await build({ ...options, entryPoints: entries.slice(n, n + atOnce) });
    });
    await rename(unfinished, directory);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another process may have finished the same folder first.
    if (!existsSync(directory)) throw error;
  }
  await removeOthers(cacheDirectory, directory);
  return { directory, reused: false };
}

/** Bundles of other sources, and what a killed process left half done. A folder of the last hour may be another host's. */
async function removeOthers(cacheDirectory: string, current: string): Promise<void> {
  for (const name of await readdir(cacheDirectory)) {
    const path = join(cacheDirectory, name);
    if (path === current) continue;
    const made = await stat(path).catch(() => undefined);
    if (made && Date.now() - made.mtimeMs > 3_600_000) await rm(path, { recursive: true, force: true });
  }
}
