import { Readable } from "node:stream";
import busboy from "busboy";
import { MediaError } from "../../layers/core/index.ts";
import type { HttpEvent } from "./http.ts";

/** busboy's own limits are infinite, and reaching one is an event and no error: each is set here, and each is a refusal. */
const limits = {
  files: 1,
  fields: 64,
  parts: 66,
  fieldNameSize: 100,
  fieldSize: 64 * 1024,
  headerPairs: 32,
} as const;

/** Where the form's file goes, while it arrives. */
export type FileSink = (file: { name: string; bytes: Readable }) => Promise<void>;

/** `lists`: fields whose names end in `[]`, which may come several times. */
export type ReadForm = { fileName: string; fields: Record<string, string>; lists: Record<string, string[]> };

/**
 * Reads `multipart/form-data` with one file, and fields before or after it. The file goes to the sink as a stream; a form that turns out
 * to be wrong destroys that stream, and the sink's failure ends the reading.
 * @throws MediaError `request.invalid`, `media.too_large`; and what the sink throws
 */
export async function readForm(event: HttpEvent, mostFileBytes: number, sink: FileSink): Promise<ReadForm> {
  const body = Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8");
  const form = openForm(event.headers["content-type"] ?? "", mostFileBytes);
  const fields: Record<string, string> = Object.create(null);
  const lists: Record<string, string[]> = Object.create(null);
  let fileName: string | undefined;
  let sunk: Promise<void> = Promise.resolve();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const streams: Readable[] = [];
  const refuse = (error: Error) => {
    for (const stream of streams) stream.destroy(error);
    failed.reject(error);
  };
  form.on("file", (_field, stream, info) => {
    fileName = nameOf(info.filename);
    streams.push(stream);
    // Reaching the limit is the event; a file of just that size is not too large.
    stream.on("limit", () => refuse(tooLarge(mostFileBytes)));
    stream.on("error", (cause) => refuse(cause instanceof MediaError ? cause : brokenOff(cause)));
    sunk = sink({ name: fileName, bytes: stream });
    sunk.catch(refuse);
  });
  form.on("field", (name, value, { nameTruncated, valueTruncated }) => {
    if (nameTruncated || valueTruncated) return refuse(invalid(`The field ${shown(name)} is too long`));
    if (name.endsWith("[]")) {
      lists[name] ??= [];
      lists[name].push(value);
      return;
    }
    if (Object.hasOwn(fields, name)) return refuse(invalid(`The field ${shown(name)} comes twice`));
    fields[name] = value;
  });
  form.on("filesLimit", () => refuse(invalid("The form has more than one file")));
  form.on("fieldsLimit", () => refuse(invalid(`The form has more than ${limits.fields} fields`)));
  form.on("partsLimit", () => refuse(invalid(`The form has more than ${limits.parts} parts`)));
  form.on("error", (cause) => refuse(brokenOff(cause)));
  const closed = new Promise<void>((resolve) => form.on("close", resolve));
  Readable.from([body]).pipe(form);
  await Promise.race([Promise.all([closed, sunkAfter(closed)]), failed.promise]).catch(async (error) => {
    // Nothing of a refused form may stay: the sink has given up when this throws.
    refuse(error as Error);
    await sunk.catch(() => undefined);
    throw error;
  });
  if (fileName === undefined) throw invalid("The form has no file");
  return { fileName, fields: { ...fields }, lists: { ...lists } };

  async function sunkAfter(end: Promise<void>): Promise<void> {
    await end;
    await sunk;
  }
}

function openForm(type: string, mostFileBytes: number): busboy.Busboy {
  try {
    return busboy({
      headers: { "content-type": type },
      defParamCharset: "utf8",
      limits: { ...limits, fileSize: mostFileBytes + 1 },
    });
  } catch (cause) {
    throw invalid("The form's boundary is missing", cause);
  }
}

/** For people only: never part of a key or a command. Clients that send paths mean the last part. */
export function nameOf(text: string | undefined): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is taken out
  const controls = /[\u0000-\u001f\u007f]/g;
  const name = (text ?? "").replace(controls, "").split(/[\\/]/).at(-1);
  return name?.slice(0, 1024) || "upload";
}

const brokenOff = (cause: unknown) => invalid("The form is broken off or not well formed", cause);
const shown = (name: string) => JSON.stringify(name.slice(0, 64));

export function invalid(what: string, cause?: unknown): MediaError {
  const how = "Send multipart/form-data with one file, and its options as fields.";
  return new MediaError("request.invalid", `${what}. ${how}`, cause === undefined ? {} : { cause });
}

export const tooLarge = (mostBytes: number) =>
  new MediaError(
    "media.too_large",
    `One request takes a file of at most ${mostBytes} bytes. Send larger ones by POST /v1/uploads: to an address of their own, or in parts.`,
  );
