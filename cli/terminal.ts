/**
 * Text from a file's name or a transcript, safe to print: control characters could move the cursor, change colours or
 * rename the window of a terminal.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, (character) =>
    character === "\n" || character === "\t" ? character : "\u{FFFD}",
  );
}
