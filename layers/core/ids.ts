import { createHash, randomBytes } from "node:crypto";
import { MediaError } from "./errors.ts";

declare const brand: unique symbol;
type Brand<T, B extends string> = T & { readonly [brand]: B };

/** A job's id: `j` and 22 lower-case base-32 characters; time-ordered when random, content-addressed when derived. */
export type JobId = Brand<string, "JobId">;

/** Whose job it is: 1 to 32 of `a`–`z`, `0`–`9` and `-`. */
export type TenantId = Brand<string, "TenantId">;

/** What a job is known by. Ids are unique by themselves; the tenant says whose keys and records may be touched. */
export type JobRef = { tenant: TenantId; jobId: JobId };

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

const tenantIdPattern = /^[a-z0-9-]{1,32}$/;

/** The tenant of a host that has but one. */
export const defaultTenant = "default" as TenantId;

/** @throws MediaError `request.invalid` when the text cannot be a tenant's id */
export function parseTenantId(text: string | undefined): TenantId {
  if (text === undefined || !tenantIdPattern.test(text)) {
    throw new MediaError("request.invalid", "A tenant's id is 1 to 32 of the characters a to z, 0 to 9 and -.");
  }
  return text as TenantId;
}

/** Attempts beyond it share the name of the last: there is room for four digits. */
export const mostAttempts = 9999;

/**
 * The name of an execution: whose, which job, a hash of what is done in it, and which attempt at it this is. No part holds an
 * underscore, so they can be told apart again; 78 characters at most, of the 80 that Step Functions allows.
 */
export const executionNameOf = ({ tenant, jobId }: JobRef, hash: string, attempt: number) =>
  `${tenant}_${jobId}_${hash}_${Math.min(attempt, mostAttempts)}`;

/** What all attempts at the same work have in common: results of one are of use to the next. */
export const workOfExecution = (name: string) => name.replace(/_\d+$/, "");

/** Which attempt an execution is; undefined where the name is not one of ours. */
export function attemptOfExecution(name: string): number | undefined {
  const attempt = /_(\d{1,4})$/.exec(name)?.[1];
  return attempt === undefined ? undefined : Number(attempt);
}

/** The job of an execution; undefined where the name is not one of ours. */
export function jobOfExecution(name: string): JobRef | undefined {
  const match = /^([a-z0-9-]{1,32})_(j[0-9a-hjkmnp-tv-z]{22})_[0-9a-f]{16}_\d{1,4}$/.exec(name);
  return match ? { tenant: parseTenantId(match[1]), jobId: parseJobId(match[2]) } : undefined;
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
