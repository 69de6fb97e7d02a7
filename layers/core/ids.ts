import { createHash, randomBytes } from "node:crypto";
import { MediaError } from "./errors.ts";

declare const brand: unique symbol;
type Brand<T, B extends string> = T & { readonly [brand]: B };

/** A job's id: `j` and 22 lower-case base-32 characters; time-ordered when random, content-addressed when derived. */
export type JobId = Brand<string, "JobId">;

/** The key of an object in one of the app's buckets. */
export type ObjectKey = Brand<string, "ObjectKey">;

// Crockford's alphabet has no i, l, o, u: an id read aloud or typed by hand stays the same id.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const jobIdPattern = /^j[0-9a-hjkmnp-tv-z]{22}$/;

function base32(bytes: Uint8Array, length: number): string {
  let value = 0;
  let bits = 0;
  let text = "";
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= 5 && text.length < length) {
      bits -= 5;
      text += alphabet[(value >> bits) & 31];
    }
  }
  return text;
}

/** A new id: 48 bits of time in milliseconds, then 62 random bits, so that ids sort by creation. */
export function newJobId(now = Date.now()): JobId {
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(now) << 14n);
  return `j${base32(time, 10)}${base32(randomBytes(8), 12)}` as JobId;
}

/** The id of a job that is known by what it works on: equal parts give an equal id. */
export function derivedJobId(...parts: readonly string[]): JobId {
  return `j${base32(Buffer.from(sha256Hex(JSON.stringify(parts)), "hex"), 22)}` as JobId;
}

/** @throws MediaError `job.not_found` when the text cannot be the id of any job. */
export function parseJobId(text: string | undefined): JobId {
  if (text === undefined || !jobIdPattern.test(text)) {
    throw new MediaError("job.not_found", "No such job: the id in the address is not one that this service gives out.");
  }
  return text as JobId;
}

export function sha256Hex(text: string | Uint8Array): string {
  return createHash("sha256").update(text).digest("hex");
}

/** JSON with sorted keys: equal values give equal text, whatever order their keys were written in. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
