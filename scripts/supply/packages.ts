import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../../stacks/local/project-root.ts";

/** A package as the lock file has it. */
export type LockedPackage = {
  /** Where it lies: `node_modules/a/node_modules/b`. */
  path: string;
  name: string;
  version: string;
  /** As the package itself says; undefined where it says nothing. */
  license: string | undefined;
  resolved: string | undefined;
  integrity: string | undefined;
  /** Needed to build and test alone. */
  dev: boolean;
};

type Entry = {
  version?: string;
  license?: unknown;
  resolved?: string;
  integrity?: string;
  dev?: boolean;
  link?: boolean;
};

/** Everything that package-lock.json names, for every platform, this project itself left out. */
export async function lockedPackages(root = projectRoot): Promise<LockedPackage[]> {
  const lock = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, Entry>;
  };
  const entries = Object.entries(lock.packages).filter(([path, { link }]) => path !== "" && !link);
  return Promise.all(
    entries.map(async ([path, { version = "", license, resolved, integrity, dev = false }]) => ({
      ...{ path, version, resolved, integrity, dev },
      name: path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length),
      license: textOf(license) ?? (await ownWords(join(root, path))),
    })),
  );
}

/** Older packages say it in package.json in ways that lock files leave out. */
async function ownWords(directory: string): Promise<string | undefined> {
  const text = await readFile(join(directory, "package.json"), "utf8").catch(() => "{}");
  const { license, licenses } = JSON.parse(text) as { license?: unknown; licenses?: unknown };
  if (!Array.isArray(licenses)) return textOf(license);
  const all = licenses.map(textOf).filter((one) => one !== undefined);
  return all.length > 0 ? `(${all.join(" OR ")})` : undefined;
}

function textOf(license: unknown): string | undefined {
  if (typeof license === "string") return license;
  const { type } = (license ?? {}) as { type?: unknown };
  return typeof type === "string" ? type : undefined;
}
