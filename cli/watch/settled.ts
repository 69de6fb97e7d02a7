import { readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { givenFormats } from "../../layers/transcript/index.ts";
import type { Version } from "./state.ts";

/** What browsers, sync programs and this program call files that are not whole yet, and what halfgig itself writes. */
const passedOver = new Set([
  ...[".tmp", ".part", ".partial", ".crdownload", ".download", ".opdownload"],
  ...givenFormats.map((format) => `.${format}`),
  ".tsv",
]);

/** Finds files that have stopped changing: they must look the same twice in a row. */
export class SettledFiles {
  readonly #folder: string;
  #before = new Map<string, Version>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** One look at the folder. @returns everything in it that counts, and of that what has settled, oldest first */
  async look(): Promise<{ all: Set<string>; settled: (Version & { name: string })[] }> {
    const now = new Map<string, Version>();
    const settled: (Version & { name: string })[] = [];
    for (const entry of await readdir(this.#folder, { withFileTypes: true })) {
      const { name } = entry;
      if (!entry.isFile() || name.startsWith(".") || passedOver.has(extname(name).toLowerCase())) continue;
      const info = await stat(join(this.#folder, name)).catch(() => undefined);
      if (!info) continue;
      const version = { sizeBytes: info.size, mtimeMs: info.mtimeMs };
      now.set(name, version);
      const before = this.#before.get(name);
      const same = before?.sizeBytes === version.sizeBytes && before.mtimeMs === version.mtimeMs;
      if (same && version.sizeBytes > 0) settled.push({ name, ...version });
    }
    this.#before = now;
    settled.sort((a, b) => a.mtimeMs - b.mtimeMs || (a.name < b.name ? -1 : 1));
    return { all: new Set(now.keys()), settled };
  }
}
