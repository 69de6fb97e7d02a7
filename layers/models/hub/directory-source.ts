import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { MediaError } from "../../core/index.ts";
import type { FileRequest, ModelSource, OpenedFile } from "./source.ts";

/**
 * A folder in the hub's layout, in the hub's place. Three layouts are known: the addresses of the hub
 * (`<owner>/<name>/resolve/<revision>/<file>`), a clone (`<owner>/<name>/<file>`), and the cache of the hub's own tools
 * (`models--<owner>--<name>/snapshots/<commit>/<file>`, with branches in `refs/`).
 */
export class DirectorySource implements ModelSource {
  readonly description: string;
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = resolve(directory);
    this.description = `the model mirror ${this.#directory}`;
  }

  async open({ repo, revision, name, startByte, validator, signal }: FileRequest): Promise<OpenedFile> {
    const cache = join(this.#directory, `models--${repo.replaceAll("/", "--")}`);
    const commit = await readFile(join(cache, "refs", revision), "utf8").then(
      (text) => text.trim(),
      () => revision,
    );
    const candidates = [
      join(this.#directory, repo, "resolve", revision, name),
      join(cache, "snapshots", commit, name),
      join(this.#directory, repo, name),
    ];
    for (const path of candidates) {
      const file = await stat(path).catch(() => undefined);
      if (!file?.isFile()) continue;
      const tag = `"${file.size}-${file.mtimeMs}"`;
      const start = tag === validator ? Math.min(startByte, file.size) : 0;
      const body = createReadStream(path, { start, highWaterMark: 1 << 20, ...(signal ? { signal } : {}) });
      return {
        body,
        startByte: start,
        totalBytes: file.size,
        validator: tag,
        ...(/^[0-9a-f]{40}$/.test(commit) ? { commit } : {}),
        cancel: async () => void body.destroy(),
      };
    }
    throw new MediaError(
      "model.not_published",
      `${this.description} has no file ${name} of ${repo} at revision ${revision}. Looked for:\n` +
        `${candidates.map((path) => `  ${path}`).join("\n")}\nPut it there, or unset HALFGIG_MODEL_MIRROR to use the model hub.`,
      { context: { repo, name } },
    );
  }
}
