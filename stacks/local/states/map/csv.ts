/** A record longer than this is not a row of a table but a wrong delimiter or an open quote. */
const maxRecordChars = 8 * 2 ** 20;

/**
 * The records of a CSV text that arrives in pieces (RFC 4180: quoted fields may hold delimiters, line breaks and
 * doubled quotes). Empty lines are left out.
 */
export async function* csvRecords(chunks: AsyncIterable<string>, delimiter: string): AsyncGenerator<string[]> {
  let fields: string[] = [];
  let field = "";
  let quoted = false;
  let afterQuote = false;
  let recordChars = 0;
  const endRecord = (): string[] | undefined => {
    const record = [...fields, field];
    const isBlank = record.length === 1 && record[0] === "" && !afterQuote;
    fields = [];
    field = "";
    afterQuote = false;
    recordChars = 0;
    return isBlank ? undefined : record;
  };
  let skipLineFeed = false;
  let first = true;
  for await (const chunk of chunks) {
    for (const character of chunk) {
      // A byte order mark is no part of the first column's name.
      if (first && character === "\uFEFF") {
        first = false;
        continue;
      }
      first = false;
      recordChars += 1;
      if (recordChars > maxRecordChars) throw new Error(`a CSV record is longer than ${maxRecordChars} characters`);
      if (skipLineFeed && character === "\n") {
        skipLineFeed = false;
        continue;
      }
      skipLineFeed = false;
      if (quoted) {
        if (character === '"') {
          quoted = false;
          afterQuote = true;
        } else field += character;
      } else if (character === '"' && afterQuote) {
        field += '"';
        quoted = true;
        afterQuote = false;
      } else if (character === '"' && field === "") {
        quoted = true;
      } else if (character === delimiter) {
        fields.push(field);
        field = "";
        afterQuote = false;
      } else if (character === "\n" || character === "\r") {
        skipLineFeed = character === "\r";
        const record = endRecord();
        if (record) yield record;
      } else field += character;
    }
  }
  if (quoted) throw new Error("a quoted CSV field is not closed");
  const last = endRecord();
  if (last) yield last;
}
