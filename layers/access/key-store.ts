import { environmentValue, MediaError, type TenantId } from "../core/index.ts";
import { getJson, keys, listPage, putObject } from "../storage/index.ts";
import { type AccessKey, accessKeySchema, makeKey, type NewKey, withNewSecret } from "./key-record.ts";
import { type KeyId, parseKeyId } from "./key-text.ts";

/** More would be nobody's to keep track of. */
export const mostKeys = 200;

const bucket = () => environmentValue("RESULTS_BUCKET");
const serialize = (key: AccessKey) => `${JSON.stringify(key, null, 2)}\n`;

export async function findKey(keyId: KeyId): Promise<AccessKey | undefined> {
  const found = await getJson(bucket(), keys.accessKey(keyId));
  return found && accessKeySchema.parse(found.value);
}

/** @throws MediaError `request.invalid` where the tenant has as many as it can have */
export async function createKey(given: NewKey, nowMs = Date.now()): Promise<{ key: AccessKey; secret: string }> {
  if ((await keyNames(given.tenant)).length >= mostKeys) {
    throw new MediaError("request.invalid", `A tenant has at most ${mostKeys} keys, revoked ones included.`);
  }
  const made = makeKey(given, nowMs);
  // First: a name without a record is passed over, a key that no list names could not be found again.
  await putObject(bucket(), keys.accessKeyOf(given.tenant, made.key.keyId), made.key.keyId, "text/plain");
  const written = await putObject(bucket(), keys.accessKey(made.key.keyId), serialize(made.key), "application/json", {
    onlyIfAbsent: true,
  });
  if (!written) throw new MediaError("storage.conflict", "Two keys got the same id. Try again.");
  return made;
}

/** A tenant's keys in the order of their ids, and the day on which each was last used. */
export async function listAccessKeys(tenant: TenantId): Promise<(AccessKey & { lastUsedOn: string | null })[]> {
  const found = await Promise.all(
    (await keyNames(tenant)).map(async (keyId) => {
      const [key, use] = await Promise.all([findKey(keyId), getJson(bucket(), keys.accessKeyUse(keyId))]);
      const lastUsedOn = (use?.value as { on?: string } | undefined)?.on ?? null;
      return key?.tenant === tenant ? [{ ...key, lastUsedOn }] : [];
    }),
  );
  return found.flat();
}

/** @throws MediaError `key.not_found`, also for a key of another tenant */
export async function rotateKey(
  { tenant, keyId }: { tenant: TenantId; keyId: KeyId },
  overlapMs: number,
  nowMs = Date.now(),
): Promise<{ key: AccessKey; secret: string }> {
  let secret = "";
  const key = await updateKey(tenant, keyId, (current) => {
    if (current.revokedAt !== null) throw new MediaError("key.not_found", `Key ${keyId} was revoked. Make a new one.`);
    const next = withNewSecret(current, overlapMs, nowMs);
    secret = next.secret;
    return next.key;
  });
  return { key, secret };
}

/** A key that was revoked stays on record and opens nothing. @throws MediaError `key.not_found`, also for a key of another tenant */
export function revokeKey(
  { tenant, keyId }: { tenant: TenantId; keyId: KeyId },
  nowMs = Date.now(),
): Promise<AccessKey> {
  return updateKey(tenant, keyId, (current) => ({
    ...current,
    revokedAt: current.revokedAt ?? new Date(nowMs).toISOString(),
  }));
}

/** Notes the day, not the time: one small write per key, day and process. */
export async function noteUse(keyId: KeyId, nowMs = Date.now()): Promise<void> {
  const on = new Date(nowMs).toISOString().slice(0, 10);
  await putObject(bucket(), keys.accessKeyUse(keyId), JSON.stringify({ on }), "application/json");
}

async function updateKey(tenant: TenantId, keyId: KeyId, change: (key: AccessKey) => AccessKey): Promise<AccessKey> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const found = await getJson(bucket(), keys.accessKey(keyId));
    const key = found && accessKeySchema.parse(found.value);
    if (!found || key?.tenant !== tenant) throw new MediaError("key.not_found", `There is no key ${keyId}.`);
    const next = change(key);
    const condition = { onlyIfEtag: found.etag };
    if (await putObject(bucket(), keys.accessKey(keyId), serialize(next), "application/json", condition)) return next;
  }
  throw new MediaError("storage.conflict", `Key ${keyId} kept changing while it was written. Try again.`);
}

async function keyNames(tenant: TenantId): Promise<KeyId[]> {
  const prefix = keys.accessKeysOf(tenant);
  const names = await listPage(bucket(), prefix, { limit: mostKeys });
  return names.map((name) => parseKeyId(name.slice(prefix.length))).filter((keyId) => keyId !== undefined);
}
