import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { loadCredentials } from "../../../stacks/local/credentials.ts";
import { processTree } from "../../../stacks/local/lambda/process-tree.ts";
import { PrincipalObjects } from "../../../stacks/local/principal-objects.ts";
import type { DemoHost } from "../../e2e/support/demo-host.ts";

const bucketNames = ["halfgig-uploads", "halfgig-results"];

/** Looks a host over for what work left behind. */
export class Orphans {
  readonly #objects: PrincipalObjects;
  readonly #folder: string;
  readonly #secrets: readonly string[];

  private constructor(objects: PrincipalObjects, folder: string, secrets: readonly string[]) {
    this.#objects = objects;
    this.#folder = folder;
    this.#secrets = secrets;
  }

  static async of({ host, directory }: DemoHost): Promise<Orphans> {
    const data = join(directory, "data");
    const { principals, accessToken } = await loadCredentials(data, []);
    const tools = principals.get("tools");
    if (!tools) throw new Error("tools has no credentials");
    const secrets = [accessToken, ...[...principals.values()].map(({ secretAccessKey }) => secretAccessKey)];
    return new Orphans(new PrincipalObjects(host.s3Url, "us-east-1", tools), join(data, "lambda"), secrets);
  }

  /** Every object of every bucket whose key has `part` in it. */
  async keys(part: string): Promise<string[]> {
    const found: string[] = [];
    for (const bucket of bucketNames) {
      for await (const { Key } of this.#objects.list(bucket, "")) if (Key.includes(part)) found.push(Key);
    }
    return found;
  }

  async unfinishedUploads(): Promise<string[]> {
    const lists = bucketNames.map((bucket) => Array.fromAsync(this.#objects.unfinished(bucket, "")));
    return (await Promise.all(lists)).flat().map(({ key }) => key);
  }

  /** Programs below this process that are no execution environments: decoders and their like. */
  children(): string[] {
    return processTree(process.pid)
      .map(nameOf)
      .filter((name) => /ffmpeg|yt-dlp|sleep/.test(name));
  }

  /** Files that functions left in their /tmp. */
  async temporaryFiles(): Promise<string[]> {
    // One folder for each execution environment; the records that lie beside them are the host's own.
    const environments = join(this.#folder, "environments");
    const entries = await readdir(environments, { withFileTypes: true, recursive: true });
    return entries.filter((entry) => entry.isFile() && entry.parentPath !== environments).map(({ name }) => name);
  }

  /** Lines of the functions' logs that hold a secret of the host's, the secret left out. */
  async secretsInLogs(): Promise<string[]> {
    const folder = join(this.#folder, "logs");
    const lines: string[] = [];
    for (const file of await readdir(folder)) {
      for (const line of readFileSync(join(folder, file), "utf8").split("\n")) {
        const secret = this.#secrets.find((word) => line.includes(word));
        if (secret !== undefined) lines.push(`${file}: ${line.replaceAll(secret, "…")}`);
      }
    }
    return lines;
  }

  hasSecret(text: string): boolean {
    return this.#secrets.some((word) => text.includes(word));
  }

  close(): void {
    this.#objects.close();
  }
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
}
