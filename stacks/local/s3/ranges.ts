import { S3Error } from "./errors.ts";

/** Both ends inclusive. */
export type ByteRange = { start: number; end: number };

/**
 * A Range header against an object's size: `bytes=0-9`, `bytes=10-`, `bytes=-5`. Undefined where the header is absent, malformed or
 * asks for several ranges: RFC 9110, section 14.2 then sends the whole. Throws InvalidRange (416).
 */
export function parseRange(header: string | undefined, sizeBytes: number): ByteRange | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? "");
  const [, first = "", last = ""] = match ?? [];
  if (first === "" && last === "") return undefined;
  if (first !== "" && last !== "" && Number(first) > Number(last)) return undefined;
  const start = first === "" ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const end = first === "" || last === "" ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (start > end) {
    throw new S3Error("InvalidRange", undefined, {
      details: { RangeRequested: header ?? "", ActualObjectSize: sizeBytes },
      headers: { "content-range": `bytes */${sizeBytes}` },
    });
  }
  return { start, end };
}

/** `x-amz-copy-source-range: bytes=first-last`; both ends must be given and lie within the object. */
export function parseCopyRange(header: string, sizeBytes: number): ByteRange {
  const match = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header);
  const start = Number(match?.[1] ?? Number.NaN);
  const end = Number(match?.[2] ?? Number.NaN);
  if (!(start <= end && end < sizeBytes)) {
    throw new S3Error("InvalidArgument", `The copy source range must be bytes=first-last within ${sizeBytes} bytes.`, {
      details: { ArgumentName: "x-amz-copy-source-range", ArgumentValue: header.slice(0, 100) },
    });
  }
  return { start, end };
}
