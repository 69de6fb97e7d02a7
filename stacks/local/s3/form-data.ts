import { S3Error } from "./errors.ts";

/** A form whose last part is the file. The file's bytes are read from `file` as they arrive. */
export type StreamedForm = {
  /** Lower-case names. */
  fields: Record<string, string>;
  fileName: string;
  fileContentType: string | undefined;
  file: AsyncIterable<Buffer>;
};

/** "The form data … can be at most 20 KB", apart from the file (Amazon S3 API Reference, POST Object). */
const maxFieldBytes = 20 * 1024;
const maxPartHeaderBytes = 8 * 1024;

/** The boundary of a `multipart/form-data` content type, or undefined where it is something else. */
export function formBoundary(contentType: string | undefined): string | undefined {
  if (contentType === undefined || !/^multipart\/form-data\s*;/i.test(contentType)) return undefined;
  const match = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType);
  return match?.[1] ?? match?.[2];
}

/** Reads a byte stream up to delimiters, holding back no more than a delimiter's length. */
class DelimitedReader {
  readonly #source: AsyncIterator<Buffer>;
  #buffered: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#source.next();
    if (done) throw new S3Error("IncompleteBody", "The form ended before its closing boundary.");
    this.#buffered = this.#buffered.length === 0 ? value : Buffer.concat([this.#buffered, value]);
  }

  /** The bytes before the delimiter, which is consumed too. */
  async *until(delimiter: Buffer): AsyncGenerator<Buffer> {
    for (;;) {
      const at = this.#buffered.indexOf(delimiter);
      if (at >= 0) {
        const head = this.#buffered.subarray(0, at);
        this.#buffered = this.#buffered.subarray(at + delimiter.length);
        if (head.length > 0) yield head;
        return;
      }
      const safe = this.#buffered.length - (delimiter.length - 1);
      if (safe > 0) {
        const head = this.#buffered.subarray(0, safe);
        this.#buffered = Buffer.from(this.#buffered.subarray(safe));
        yield head;
      }
      await this.#more();
    }
  }

  async text(delimiter: Buffer, maxBytes: number): Promise<string> {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    for await (const chunk of this.until(delimiter)) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) {
        throw new S3Error("MalformedPOSTRequest", "The form's fields, apart from the file, have at most 20 KB.");
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString("utf8");
  }

  async take(count: number): Promise<string> {
    while (this.#buffered.length < count) await this.#more();
    const text = this.#buffered.toString("latin1", 0, count);
    this.#buffered = this.#buffered.subarray(count);
    return text;
  }
}

function partHeaders(text: string): { name: string; fileName: string; contentType: string | undefined } {
  const disposition = /^content-disposition:\s*form-data(.*)$/im.exec(text)?.[1] ?? "";
  const parameter = (name: string) =>
    new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]+))`, "i").exec(disposition);
  const value = (match: RegExpExecArray | null) => (match?.[1] ?? match?.[2])?.replaceAll("%22", '"');
  const name = value(parameter("name"));
  if (name === undefined) throw new S3Error("MalformedPOSTRequest", "A part of the form has no name.");
  return {
    name: name.toLowerCase(),
    fileName: value(parameter("filename")) ?? "",
    contentType: /^content-type:\s*(.+)$/im.exec(text)?.[1]?.trim(),
  };
}

/**
 * Reads the fields of a `multipart/form-data` body (RFC 7578) up to the part named `file`, whose bytes are then streamed. What
 * follows the file is ignored, as S3 does. Throws MalformedPOSTRequest, InvalidArgument or IncompleteBody.
 */
export async function readForm(body: AsyncIterable<Buffer>, boundary: string): Promise<StreamedForm> {
  const reader = new DelimitedReader(body);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const endOfHeaders = Buffer.from("\r\n\r\n");
  const fields: Record<string, string> = {};
  let remainingBytes = maxFieldBytes;
  await reader.text(Buffer.from(`--${boundary}`), maxPartHeaderBytes);
  for (;;) {
    if ((await reader.take(2)) !== "\r\n") {
      throw new S3Error("InvalidArgument", "POST requires exactly one file upload per request: the field named file.");
    }
    const headers = partHeaders(await reader.text(endOfHeaders, maxPartHeaderBytes));
    if (headers.name === "file") {
      return {
        fields,
        fileName: headers.fileName.split(/[\\/]/).at(-1) ?? "",
        fileContentType: headers.contentType,
        file: reader.until(delimiter),
      };
    }
    const value = await reader.text(delimiter, remainingBytes);
    remainingBytes -= Buffer.byteLength(value) + headers.name.length;
    if (Object.hasOwn(fields, headers.name)) {
      throw new S3Error("InvalidArgument", `The form has more than one field named ${headers.name}.`);
    }
    fields[headers.name] = value;
  }
}
