import { createReadStream } from "node:fs";
import { open, truncate } from "node:fs/promises";

const newline = 0x0a;

/** A complete line of a file, and the byte offset just behind it. */
export type FileLine = { text: string; endBytes: number };

/** The complete lines of a file, one at a time. A last line without its newline is a torn write and is left out. */
export async function* readLines(path: string): AsyncGenerator<FileLine> {
  let rest: Buffer[] = [];
  let positionBytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, start)) {
      rest.push(chunk.subarray(start, at));
      start = at + 1;
      yield { text: Buffer.concat(rest).toString("utf8"), endBytes: positionBytes + start };
      rest = [];
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
    positionBytes += chunk.length;
  }
}

/** The records of a journal that other code may be appending to. Stops at the first line that is not one. */
export async function* readRecords<T>(path: string): AsyncGenerator<T> {
  for await (const { text } of readLines(path)) {
    const record = parse<T>(text);
    if (record === undefined) return;
    yield record;
  }
}

/** Thrown by `recoverRecords` for a bad line that is not the last one: no crash of ours leaves that behind. */
export class DamagedJournal extends Error {
  constructor(path: string, atBytes: number) {
    super(`The journal ${path} is damaged at byte ${atBytes}.`);
    this.name = "DamagedJournal";
  }
}

/**
 * Reads a journal after a crash and cuts a torn last line off, so that appending can go on.
 * @throws DamagedJournal
 */
export async function* recoverRecords<T>(path: string): AsyncGenerator<T> {
  let goodBytes = 0;
  let bad = false;
  for await (const { text, endBytes } of readLines(path)) {
    if (bad) throw new DamagedJournal(path, goodBytes);
    const record = parse<T>(text);
    if (record === undefined) bad = true;
    else {
      goodBytes = endBytes;
      yield record;
    }
  }
  await truncate(path, goodBytes);
}

/** The last record of a complete journal, read from the end. */
export async function readLastRecord<T>(path: string): Promise<T | undefined> {
  await using file = await open(path, "r");
  const { size } = await file.stat();
  const step = 65_536;
  let tail = Buffer.alloc(0);
  for (let start = size; start > 0; ) {
    const length = Math.min(step, start);
    start -= length;
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, start);
    tail = Buffer.concat([buffer, tail]);
    const end = tail.lastIndexOf(newline);
    const begin = end <= 0 ? -1 : tail.lastIndexOf(newline, end - 1);
    if (begin >= 0 || (start === 0 && end > 0)) return parse<T>(tail.subarray(begin + 1, end).toString("utf8"));
  }
  return undefined;
}

function parse<T>(text: string): T | undefined {
  try {
    const value = JSON.parse(text) as T;
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
