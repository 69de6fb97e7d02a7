import { MediaError } from "../../core/index.ts";

/** A day of talk is under two million characters; what is over these limits is not a transcript. */
export const limits = {
  characters: 5 * 1_048_576,
  lines: 400_000,
  lineCharacters: 100_000,
  segments: 100_000,
} as const;

/** @param line counted from 1 */
export function invalid(line: number, problem: string, cause?: unknown): MediaError {
  const message = `The transcript cannot be used: line ${line}: ${problem} Correct the file and send it again.`;
  return new MediaError("transcript.invalid", message, { cause, context: { line } });
}

/** Lines of a file from any system. @throws MediaError `transcript.invalid` over the limits */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.length > limits.lines) throw invalid(limits.lines + 1, `there are more than ${limits.lines} lines.`);
  const long = lines.findIndex((line) => line.length > limits.lineCharacters);
  if (long !== -1) throw invalid(long + 1, `it has more than ${limits.lineCharacters} characters.`);
  return lines;
}
