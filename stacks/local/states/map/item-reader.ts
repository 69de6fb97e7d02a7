import { addAbortSignal, type Readable } from "node:stream";
import { orAborted } from "../abort.ts";
import type { ItemReader, MapState, ReaderConfig } from "../definition/types.ts";
import { StatesError } from "../errors.ts";
import { isObject, type Json } from "../json.ts";
import type { Step } from "../step.ts";
import { csvRecords } from "./csv.ts";

/** A JSON document has to be held as a whole; more than this belongs into JSON Lines, which are read one by one. */
const maxJsonBytes = 64 * 2 ** 20;
const maxLineChars = 8 * 2 ** 20;

const delimiters = { COMMA: ",", PIPE: "|", SEMICOLON: ";", SPACE: " ", TAB: "\t" } as const;

/**
 * The items of an ItemReader, read as they are asked for.
 * https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
 * @throws StatesError `States.ItemReaderFailed`
 */
export async function* readItems(step: Step<MapState>, reader: ItemReader): AsyncGenerator<Json> {
  const config = reader.ReaderConfig ?? {};
  const source = await step.evaluate("ItemReader/Arguments", reader.Arguments);
  const maxItems =
    config.MaxItems === undefined ? 0 : await step.number("ItemReader/ReaderConfig/MaxItems", config.MaxItems, 0);
  let count = 0;
  try {
    for await (const item of open(step, reader, config, source)) {
      yield item;
      count += 1;
      // 0 means no limit.
      if (count === maxItems) return;
    }
  } catch (error) {
    if (step.signal.aborted) throw step.signal.reason;
    const reason = error instanceof Error ? error.message : String(error);
    throw new StatesError(
      "States.ItemReaderFailed",
      `The items of the Map '${step.name}' could not be read from ${JSON.stringify(source)}: ${reason}`,
      { cause: error },
    );
  }
}

async function* open(step: Step, reader: ItemReader, config: ReaderConfig, source: Json): AsyncGenerator<Json> {
  const { objects } = step.scope.host;
  const { Bucket, Key, Prefix } = isObject(source) ? source : {};
  if (typeof Bucket !== "string") throw new Error("Arguments have no Bucket");
  if (reader.Resource.endsWith(":listObjectsV2")) {
    yield* listedObjects(objects.list(Bucket, typeof Prefix === "string" ? Prefix : ""));
    return;
  }
  if (typeof Key !== "string") throw new Error("Arguments have no Key");
  const stream = addAbortSignal(step.signal, await orAborted(objects.get(Bucket, Key), step.signal));
  try {
    yield* itemsIn(stream, config);
  } finally {
    stream.destroy();
  }
}

async function* listedObjects(
  objects: AsyncIterable<{ Key: string; Size: number; ETag: string; LastModified: string }>,
) {
  for await (const { Key, Size, ETag, LastModified } of objects) {
    // The spelling "Etag" and the epoch seconds are what Step Functions passes on.
    yield {
      Etag: ETag,
      Key,
      LastModified: Math.floor(Date.parse(LastModified) / 1000),
      Size,
      StorageClass: "STANDARD",
    };
  }
}

function itemsIn(stream: Readable, config: ReaderConfig): AsyncGenerator<Json> {
  stream.setEncoding("utf8");
  switch (config.InputType) {
    case "JSONL":
      return jsonLines(stream);
    case "CSV":
      return csvItems(stream, config);
    default:
      return jsonItems(stream, config.ItemsPointer);
  }
}

async function* jsonLines(chunks: AsyncIterable<string>): AsyncGenerator<Json> {
  let number = 0;
  for await (const line of textLines(chunks)) {
    number += 1;
    if (line.trim() === "") continue;
    let item: Json;
    try {
      item = JSON.parse(line) as Json;
    } catch {
      throw new Error(`line ${number} is not JSON`);
    }
    yield item;
  }
}

async function* textLines(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > maxLineChars) throw new Error(`a line is longer than ${maxLineChars} characters`);
    yield* lines;
  }
  if (rest !== "") yield rest;
}

async function* csvItems(chunks: AsyncIterable<string>, config: ReaderConfig): AsyncGenerator<Json> {
  let headers = config.CSVHeaderLocation === "GIVEN" ? config.CSVHeaders : undefined;
  for await (const record of csvRecords(chunks, delimiters[config.CSVDelimiter ?? "COMMA"])) {
    if (!headers) {
      headers = record;
      continue;
    }
    yield Object.fromEntries(headers.map((header, index) => [header, record[index] ?? ""]));
  }
}

async function* jsonItems(chunks: AsyncIterable<string>, pointer: string | undefined): AsyncGenerator<Json> {
  let text = "";
  for await (const chunk of chunks) {
    text += chunk;
    if (text.length > maxJsonBytes) {
      throw new Error(
        `the JSON document is larger than ${maxJsonBytes} bytes; store the items as JSON Lines (InputType JSONL)`,
      );
    }
  }
  const document = JSON.parse(text) as Json;
  const items = pointer === undefined ? document : resolvePointer(document, pointer);
  if (Array.isArray(items)) yield* items;
  else if (isObject(items)) for (const [Key, Value] of Object.entries(items)) yield { Key, Value: Value as Json };
  else throw new Error("the JSON document is neither an array nor an object");
}

/** RFC 6901. */
function resolvePointer(document: Json, pointer: string): Json | undefined {
  let value: unknown = document;
  for (const token of pointer.split("/").slice(1)) {
    const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
    value = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  }
  return value as Json | undefined;
}
