import type { Transcript } from "./types.ts";

/**
 * The transcript as JSON, one segment and one ledger interval per line; the same transcript gives the same bytes. Pieces
 * are small, so that a day of audio can be written as a stream.
 */
export function* renderJson(transcript: Transcript): Generator<string> {
  const { format, jobId, source, mode, tasks, language, model, voice, leftOut, segments, ledger, warnings } =
    transcript;
  const head = { format, jobId, source, mode, tasks, language, model, voice, leftOut };
  yield `${JSON.stringify(head).slice(0, -1)},\n"segments":`;
  yield* lines(segments);
  yield `,\n"ledger":{"totalsMs":${JSON.stringify(ledger.totalsMs)},"intervals":`;
  yield* lines(ledger.intervals);
  yield `},\n"warnings":${JSON.stringify(warnings)}}\n`;
}

function* lines(items: readonly unknown[]): Generator<string> {
  yield "[";
  for (const [i, item] of items.entries()) yield `${i === 0 ? "\n" : ",\n"}${JSON.stringify(item)}`;
  yield "]";
}
