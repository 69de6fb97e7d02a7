import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { MediaError } from "../core/index.ts";

const run = promisify(execFile);

export type PackageOptions = {
  /** The folder with package-lock.json and node_modules. */
  projectRoot: string;
  /** Where packages that npm did not install here are kept. */
  cacheDirectory: string;
  onNotice?: ((line: string) => void) | undefined;
};

/**
 * The folder of an npm package that package-lock.json names. One for another processor than this machine's is not installed; npm
 * fetches it, and it counts only with the integrity that the lock file pins.
 * @throws MediaError `layer.source_missing`
 */
export async function platformPackage(name: string, options: PackageOptions): Promise<string> {
  const { projectRoot, cacheDirectory, onNotice } = options;
  const installed = join(projectRoot, "node_modules", name);
  if (existsSync(join(installed, "package.json"))) return installed;
  const { version, integrity } = await lockedPackage(name, projectRoot);
  const folder = join(cacheDirectory, `${name.replace("/", "-")}-${version}`);
  if (existsSync(folder)) return folder;
  await mkdir(cacheDirectory, { recursive: true });
  const work = await mkdtemp(join(cacheDirectory, "fetching-"));
  try {
    onNotice?.(`fetching ${name}@${version}, which is not for this machine and therefore not installed`);
    const archive = await fetchArchive(`${name}@${version}`, work);
    await requireIntegrity(archive, integrity, name);
    await run("tar", ["-xzf", archive, "-C", work, "package"]);
    // Another process may have been first; what it left is the same.
    await rename(join(work, "package"), folder).catch((error) => {
      if (!existsSync(folder)) throw error;
    });
    return folder;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function lockedPackage(name: string, projectRoot: string): Promise<{ version: string; integrity: string }> {
  const lock = JSON.parse(await readFile(join(projectRoot, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version?: string; integrity?: string }>;
  };
  const { version, integrity } = lock.packages[`node_modules/${name}`] ?? {};
  if (version && integrity) return { version, integrity };
  throw new MediaError(
    "layer.source_missing",
    `package-lock.json does not pin ${name}. Run npm install, and try again.`,
  );
}

async function fetchArchive(spec: string, folder: string): Promise<string> {
  try {
    const { stdout } = await run("npm", ["pack", spec, "--json", "--ignore-scripts", "--pack-destination", folder]);
    const [packed] = JSON.parse(stdout) as { filename: string }[];
    if (!packed) throw new Error("npm pack named no file");
    return join(folder, packed.filename);
  } catch (cause) {
    throw new MediaError(
      "layer.source_missing",
      `npm could not fetch ${spec}. Check the network and the registry (npm ping), or pack for this machine's own processor only: --arch ${process.arch}.`,
      { cause },
    );
  }
}

/** @throws MediaError unless the bytes have the hash that the lock file pins (Subresource Integrity's notation) */
export async function requireIntegrity(path: string, integrity: string, name: string): Promise<void> {
  const [algorithm = "", expected = ""] = integrity.split(/-(.*)/s);
  const actual = createHash(algorithm)
    .update(await readFile(path))
    .digest("base64");
  if (actual === expected) return;
  throw new MediaError(
    "layer.source_missing",
    `What the registry sent for ${name} is not what package-lock.json pins (${integrity}). Nothing was packed; find out who changed it.`,
  );
}
