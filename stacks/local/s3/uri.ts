import { S3Error } from "./errors.ts";

/** Percent-encodes as SigV4 asks: everything except the unreserved characters of RFC 3986, upper-case hex. */
export function encodeUriComponent(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Percent-encodes a key and keeps its slashes, as in canonical URIs and in `encoding-type=url` listings. */
export function encodeKey(key: string): string {
  return encodeUriComponent(key).replaceAll("%2F", "/");
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new S3Error("InvalidURI", `"${text.slice(0, 100)}" is not percent-encoded UTF-8.`, { cause });
  }
}

/** The decoded query string. Names keep their case; a name that occurs twice keeps both values. */
export class Query {
  readonly pairs: readonly (readonly [name: string, value: string])[];

  constructor(text: string) {
    this.pairs = text
      .split("&")
      .filter((pair) => pair !== "")
      .map((pair) => {
        const equals = pair.indexOf("=");
        const name = equals < 0 ? pair : pair.slice(0, equals);
        const value = equals < 0 ? "" : pair.slice(equals + 1);
        return [decode(name.replaceAll("+", " ")), decode(value.replaceAll("+", " "))] as const;
      });
  }

  get(name: string): string | undefined {
    return this.pairs.find((pair) => pair[0] === name)?.[1];
  }

  has(name: string): boolean {
    return this.pairs.some((pair) => pair[0] === name);
  }

  /** A whole number, or undefined where the parameter is absent. */
  integer(name: string, bounds: { min: number; max: number }): number | undefined {
    const text = this.get(name);
    if (text === undefined || text === "") return undefined;
    const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= bounds.min && value <= bounds.max)) {
      throw new S3Error("InvalidArgument", `${name} must be a whole number from ${bounds.min} to ${bounds.max}.`, {
        details: { ArgumentName: name, ArgumentValue: text.slice(0, 100) },
      });
    }
    return value;
  }
}

export type Target = {
  /** The path exactly as it was sent: what the client signed. */
  rawPath: string;
  /** Empty for the service itself. */
  bucket: string;
  /** Empty for the bucket itself. */
  key: string;
  query: Query;
};

const maxKeyBytes = 1024;

/**
 * Splits a path-style request target into bucket, key and query. The path is decoded once and never normalised: `..`,
 * `//` and NUL are ordinary parts of a key.
 */
export function parseTarget(url: string): Target {
  const mark = url.indexOf("?");
  const rawPath = mark < 0 ? url : url.slice(0, mark);
  if (!rawPath.startsWith("/")) throw new S3Error("InvalidURI", "The request target must be a path.");
  const path = decode(rawPath);
  const slash = path.indexOf("/", 1);
  const bucket = slash < 0 ? path.slice(1) : path.slice(1, slash);
  const key = slash < 0 ? "" : path.slice(slash + 1);
  assertKeyLength(key);
  return { rawPath, bucket, key, query: new Query(mark < 0 ? "" : url.slice(mark + 1)) };
}

export function assertKeyLength(key: string): void {
  const sizeBytes = Buffer.byteLength(key);
  if (sizeBytes > maxKeyBytes) {
    throw new S3Error("KeyTooLongError", undefined, { details: { Size: sizeBytes, MaxSizeAllowed: maxKeyBytes } });
  }
}

/** What a path-style URI is signed as: each segment encoded exactly once (S3 does not encode twice). */
export function canonicalPath(rawPath: string): string {
  return rawPath
    .split("/")
    .map((segment) => encodeUriComponent(decode(segment)))
    .join("/");
}
