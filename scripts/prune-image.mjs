// Plain JavaScript: it runs while an image is built, where there is nothing but Node and the installed packages.
// Removes what one platform never loads: `node scripts/prune-image.mjs <node_modules>`.
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const modules = process.argv[2];
if (!modules) throw new Error("usage: node scripts/prune-image.mjs <node_modules>");

// onnxruntime-node brings its libraries for every platform, 290 MB; one of them is loaded.
const binaries = join(modules, "onnxruntime-node", "bin", "napi-v6");
for (const platform of existsSync(binaries) ? readdirSync(binaries) : []) {
  for (const architecture of readdirSync(join(binaries, platform))) {
    if (platform === process.platform && architecture === process.arch) continue;
    rmSync(join(binaries, platform, architecture), { recursive: true });
  }
}

// Type declarations, source maps and the browser's builds are for developers.
const needless = /\.(d\.ts|d\.mts|d\.cts|map)$/;
for (const entry of readdirSync(modules, { recursive: true, withFileTypes: true })) {
  if (entry.isFile() && needless.test(entry.name)) rmSync(join(entry.parentPath, entry.name));
}
