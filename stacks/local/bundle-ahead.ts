import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { readSettings } from "../../layers/core/index.ts";
import { functionSpecs } from "../app/index.ts";
import { bundleDirectory, bundling } from "./bundle.ts";
import { bundledAheadVariable } from "./bundled-ahead.ts";
import { projectRoot } from "./project-root.ts";

/** One function after the other, each in an esbuild of its own; then what was begun with begins anew. */
const script = `
root=$1; esbuild=$2; unfinished=$3; directory=$4; flags=$5; entries=$6; shift 6
for entry in $entries; do
  (cd "$root" && printf '%s\\n' "$flags" | GOMEMLIMIT=100MiB xargs -d '\\n' "$esbuild" "$entry" --outdir="$unfinished") || exit 1
done
mv -T "$unfinished" "$directory" 2>/dev/null || rm -rf "$unfinished"
exec "$@"
`;

/**
 * Bundles the functions where that was not done yet, as `bundleFunctions` does, with nothing else in memory: a shell takes this process'
 * place, runs esbuild alone, and starts this program again with the same arguments. Returns where there is nothing to do.
 * @param dataDirectory of the host that is about to be opened
 */
export async function bundleAhead(dataDirectory: string): Promise<void> {
  const settings = readSettings(process.env);
  const cacheDirectory = resolve(settings.HALFGIG_BUNDLE_CACHE ?? join(dataDirectory, "bundles"));
  const directory = await bundleDirectory(cacheDirectory);
  if (existsSync(directory)) return;
  await mkdir(cacheDirectory, { recursive: true });
  process.stderr.write("bundling the functions, once\n");
  const entries = Object.entries(functionSpecs(settings)).map(([name, { entry }]) => `${name}/index=${entry}`);
  const own = [
    projectRoot,
    esbuildPath(),
    `${directory}.${process.pid}.tmp`,
    directory,
    flags().join("\n"),
    entries.join(" "),
  ];
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const environment = { ...process.env, [bundledAheadVariable]: "1" };
  process.execve?.("/bin/sh", ["sh", "-c", script, "sh", ...own, ...again], environment);
}

/** esbuild's own program: its JavaScript would be a node process besides. */
function esbuildPath(): string {
  const ofEsbuild = createRequire(createRequire(import.meta.url).resolve("esbuild"));
  return ofEsbuild.resolve(`@esbuild/${process.platform}-${process.arch}/bin/esbuild`);
}

/** The options of `bundling` as esbuild's command line has them. */
function flags(): string[] {
  const dashed = (name: string) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  return Object.entries(bundling).flatMap(([name, value]) => {
    const flag = dashed(name);
    if (value === true) return [flag];
    if (Array.isArray(value)) return value.map((one) => `${flag}:${one}`);
    if (typeof value === "object") return Object.entries(value).map(([key, one]) => `${flag}:${key}=${one}`);
    return [`${flag}=${value}`];
  });
}
