import { PassThrough } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { openObject, putStream } from "./objects.ts";

/** Reads a JSON Lines object line by line. Only a line feed ends a line: readline would also cut at U+2028, which JSON allows. */
export async function* readJsonLines(bucket: string, key: string): AsyncGenerator<unknown> {
  const input = await openObject(bucket, key);
  const decoder = new StringDecoder("utf8");
  let rest = "";
  for await (const chunk of input) {
    const lines = (rest + decoder.write(chunk as Buffer)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield JSON.parse(line);
  }
  if (rest !== "") yield JSON.parse(rest);
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
