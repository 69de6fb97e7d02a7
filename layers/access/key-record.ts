import { z } from "zod";
import { parseTenantId } from "../core/index.ts";
import { hashSecret, isHashOf, type KeyId, newKeyId, newSecret, parseKeyId } from "./key-text.ts";
import { type Scope, scopeSchema } from "./scopes.ts";

const time = z.iso.datetime();

/** A key as it is kept: everything but its secret, of which only the SHA-256 is here. */
export const accessKeySchema = z.object({
  format: z.literal(1),
  keyId: z
    .string()
    .refine((text) => parseKeyId(text) !== undefined)
    .transform((text) => text as KeyId),
  tenant: z.string().transform((text) => parseTenantId(text)),
  /** For people. */
  name: z.string(),
  scopes: z.array(scopeSchema),
  createdAt: time,
  /** The key, or the host, that made it. */
  createdBy: z.string(),
  expiresAt: time.nullable(),
  revokedAt: time.nullable(),
  /** The newest last. While a key is being rotated two are good. */
  secrets: z
    .array(z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), createdAt: time, expiresAt: time.nullable() }))
    .min(1)
    .max(2),
});
export type AccessKey = z.output<typeof accessKeySchema>;

export type NewKey = Pick<AccessKey, "tenant" | "name" | "createdBy" | "expiresAt"> & { scopes: readonly Scope[] };

/** @returns the record, and the secret that nobody can read out of it */
export function makeKey({ scopes, ...given }: NewKey, nowMs: number): { key: AccessKey; secret: string } {
  const secret = newSecret();
  const createdAt = new Date(nowMs).toISOString();
  const secrets = [{ sha256: hashSecret(secret), createdAt, expiresAt: null }];
  return {
    key: { format: 1, keyId: newKeyId(), ...given, scopes: [...scopes], createdAt, revokedAt: null, secrets },
    secret,
  };
}

/** Adds a secret. The one before it stays good for the overlap, so that its users can change over; older ones go. */
export function withNewSecret(key: AccessKey, overlapMs: number, nowMs: number): { key: AccessKey; secret: string } {
  const secret = newSecret();
  const before = key.secrets.at(-1);
  const endMs = nowMs + overlapMs;
  const kept = before && { ...before, expiresAt: new Date(Math.min(endMs, timeOf(before.expiresAt))).toISOString() };
  const fresh = { sha256: hashSecret(secret), createdAt: new Date(nowMs).toISOString(), expiresAt: null };
  return { key: { ...key, secrets: [...(kept ? [kept] : []), fresh] }, secret };
}

/** Whether the secret opens the key now. Every kept hash is compared, whichever of them fits. */
export function opens(key: AccessKey, secret: string, nowMs: number): boolean {
  const fits = key.secrets.filter(({ sha256 }) => isHashOf(secret, sha256));
  return isGood(key, nowMs) && fits.some(({ expiresAt }) => nowMs < timeOf(expiresAt));
}

export const isGood = (key: Pick<AccessKey, "revokedAt" | "expiresAt">, nowMs: number): boolean =>
  key.revokedAt === null && nowMs < timeOf(key.expiresAt);

const timeOf = (time: string | null) => (time === null ? Number.POSITIVE_INFINITY : Date.parse(time));
