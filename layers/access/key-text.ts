import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** What a key is known by; no secret. 16 characters of `0`–`9` and `a`–`z`. */
export type KeyId = string & { readonly "": unique symbol };

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const idPattern = /^[0-9a-hjkmnp-tv-z]{16}$/;
const textPattern = /^hg_([0-9a-hjkmnp-tv-z]{16})_([A-Za-z0-9_-]{43})$/;

/** 80 random bits, in Crockford's alphabet as the ids of jobs are. */
export function newKeyId(): KeyId {
  return Array.from(randomBytes(16), (byte) => alphabet[byte & 31]).join("") as KeyId;
}

/** 256 random bits in base64url: too many to be guessed, so a plain hash of them keeps them as well as a slow one would. */
export const newSecret = (): string => randomBytes(32).toString("base64url");

/** What the holder of a key is given, once: `hg_<id>_<secret>`. */
export const keyText = (keyId: KeyId, secret: string): string => `hg_${keyId}_${secret}`;

/** Undefined for a text that is no key of this service. */
export function parseKeyText(text: string): { keyId: KeyId; secret: string } | undefined {
  const match = textPattern.exec(text);
  return match ? { keyId: match[1] as KeyId, secret: match[2] as string } : undefined;
}

export const parseKeyId = (text: string | undefined): KeyId | undefined =>
  text !== undefined && idPattern.test(text) ? (text as KeyId) : undefined;

export const hashSecret = (secret: string): string => createHash("sha256").update(secret).digest("hex");

/** Compares hashes in a time that does not tell where they differ. */
export function isHashOf(secret: string, sha256: string): boolean {
  const given = createHash("sha256").update(secret).digest();
  const kept = Buffer.from(sha256, "hex");
  return kept.length === given.length && timingSafeEqual(given, kept);
}
