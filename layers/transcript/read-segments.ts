import { type Segment, segmentSchema } from "./types.ts";

/**
 * The segments of a stored transcript, one at a time, from the bytes that `renderJson` wrote: there each segment has a
 * line of its own, so that a day of words need not be in memory to be rendered again.
 *
 * @throws SyntaxError or ZodError where the bytes are not such a transcript
 */
export async function* readSegments(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Segment> {
  let inside = false;
  for await (const line of linesOf(chunks)) {
    if (!inside) {
      if (!line.startsWith('"segments":[')) continue;
      if (line.startsWith('"segments":[]')) return;
      inside = true;
      continue;
    }
    const last = line.endsWith("],");
    const text = last ? line.slice(0, -2) : line.endsWith(",") ? line.slice(0, -1) : line;
    yield segmentSchema.parse(JSON.parse(text));
    if (last) return;
  }
  throw new SyntaxError("The transcript ends before its segments do.");
}

/** Only a line feed ends a line: JSON allows U+2028 within one. */
async function* linesOf(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  for await (const chunk of chunks) {
    const [first = "", ...more] = decoder.decode(chunk, { stream: true }).split("\n");
    parts.push(first);
    for (const next of more) {
      yield parts.join("");
      parts = [next];
    }
  }
  yield parts.join("");
}
