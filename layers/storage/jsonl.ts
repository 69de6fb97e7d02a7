import { StringDecoder } from "node:string_decoder";
import { ObjectWriter } from "./object-writer.ts";
import { openObject } from "./objects.ts";

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
  readonly #object: ObjectWriter;

  constructor(bucket: string, key: string) {
    this.#object = new ObjectWriter(bucket, key, "application/jsonl");
  }

  write(value: unknown): Promise<void> {
    return this.#object.write(`${JSON.stringify(value)}\n`);
  }

  end(): Promise<void> {
    return this.#object.end();
  }

  /** Gives up: nothing becomes visible. */
  abort(): Promise<void> {
    return this.#object.abort();
  }
}
