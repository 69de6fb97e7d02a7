import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import { openObject, putStream } from "./objects.ts";

/** Reads a JSON Lines object line by line. */
export async function* readJsonLines(bucket: string, key: string): AsyncGenerator<unknown> {
  const input = await openObject(bucket, key);
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line !== "") yield JSON.parse(line);
    }
  } finally {
    input.destroy();
  }
}

/** Writes a JSON Lines object while its lines are made; it exists only after `end()`. */
export class JsonLinesWriter {
  readonly #stream = new PassThrough();
  readonly #stored: Promise<void>;

  constructor(bucket: string, key: string) {
    this.#stored = putStream(bucket, key, this.#stream, "application/jsonl");
    // The failure is thrown by write() or end(); without this it would be an unhandled rejection before that.
    this.#stored.catch((error) => this.#stream.destroy(error));
  }

  async write(value: unknown): Promise<void> {
    if (this.#stream.destroyed) return this.#stored;
    if (this.#stream.write(`${JSON.stringify(value)}\n`)) return;
    await new Promise<void>((resolve, reject) => {
      this.#stream.once("drain", resolve);
      this.#stored.catch(reject);
    });
  }

  async end(): Promise<void> {
    this.#stream.end();
    await this.#stored;
  }

  /** Gives up: nothing becomes visible. */
  async abort(): Promise<void> {
    this.#stream.destroy(new Error("aborted"));
    await this.#stored.catch(() => undefined);
  }
}
