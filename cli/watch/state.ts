import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";

/** What tells one version of a file from another, without reading it. */
export type Version = { sizeBytes: number; mtimeMs: number };

const stateSchema = z.object({
  format: z.literal(1),
  folder: z.string(),
  files: z.record(z.string(), z.object({ sizeBytes: z.number(), mtimeMs: z.number(), status: z.string() })),
});

/** Which files of a folder were done, kept across starts. */
export class WatchState {
  readonly #path: string;
  readonly #state: z.output<typeof stateSchema>;

  private constructor(path: string, state: z.output<typeof stateSchema>) {
    this.#path = path;
    this.#state = state;
  }

  /** @param dataDirectory where it is kept; what is there and cannot be read is begun anew */
  static async open(dataDirectory: string, folder: string): Promise<WatchState> {
    const whole = resolve(folder);
    const name = createHash("sha256").update(whole).digest("hex").slice(0, 16);
    const path = join(dataDirectory, "watch", `${name}.json`);
    const text = await readFile(path, "utf8").catch(() => "");
    const parsed = stateSchema.safeParse(text === "" ? undefined : jsonOf(text));
    const empty = { format: 1 as const, folder: whole, files: {} };
    return new WatchState(path, parsed.success && parsed.data.folder === whole ? parsed.data : empty);
  }

  isDone(file: string, { sizeBytes, mtimeMs }: Version): boolean {
    const known = Object.hasOwn(this.#state.files, file) ? this.#state.files[file] : undefined;
    return known?.sizeBytes === sizeBytes && known.mtimeMs === mtimeMs;
  }

  async done(file: string, version: Version, status: string): Promise<void> {
    this.#state.files[file] = { ...version, status };
    await this.#write();
  }

  /** Forgets files that are gone, so that the state does not grow for ever. */
  async keep(files: ReadonlySet<string>): Promise<void> {
    const gone = Object.keys(this.#state.files).filter((file) => !files.has(file));
    if (gone.length === 0) return;
    for (const file of gone) delete this.#state.files[file];
    await this.#write();
  }

  async #write(): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    await writeFile(`${this.#path}.tmp`, `${JSON.stringify(this.#state, null, 2)}\n`);
    await rename(`${this.#path}.tmp`, this.#path);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
