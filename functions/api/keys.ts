import { z } from "zod";
import {
  type AccessKey,
  createKey,
  everyScope,
  type KeyId,
  keyText,
  listAccessKeys,
  parseKeyId,
  revokeKey,
  rotateKey,
  scopeSchema,
} from "../../layers/access/index.ts";
import { MediaError, parseTenantId, type TenantId } from "../../layers/core/index.ts";
import { audited } from "./audited.ts";
import { callerOf } from "./caller.ts";
import { endpoint, type HttpEvent, json, parseBody, parseQuery } from "./http.ts";

const tenantSchema = z.string().regex(/^[a-z0-9-]{1,32}$/, "1 to 32 of a to z, 0 to 9 and -");
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export const querySchema = z.strictObject({ tenant: tenantSchema.optional() });
export const createSchema = z.strictObject({
  /** Left out: the caller's own. */
  tenant: tenantSchema.optional(),
  /** For people. */
  name: z.string().trim().min(1).max(100),
  scopes: z.array(scopeSchema).min(1),
  /** Null: the key is good until it is revoked. */
  expiresInDays: z.number().positive().max(3650).nullable().default(365),
});
export const rotateSchema = z.strictObject({
  /** How long the secret before stays good besides. */
  overlapHours: z.number().min(0).max(720).default(24),
});

/**
 * Keys of the API, which only the scope `admin` may touch, and those of other tenants only the host's own token:
 * `GET /v1/keys?tenant=`, `POST /v1/keys`, `POST /v1/keys/{keyId}/rotate?tenant=`, `DELETE /v1/keys/{keyId}?tenant=`.
 * A secret is in the reply that makes it and nowhere else.
 */
export const handler = endpoint(async (event) => {
  const { method } = event.requestContext.http;
  if (method === "GET") return list(event);
  if (method === "DELETE") return revoke(event);
  return event.pathParameters?.keyId === undefined ? create(event) : rotate(event);
});

async function list(event: HttpEvent) {
  const found = await listAccessKeys(tenantOf(event, parseQuery(event, querySchema).tenant));
  return json(200, { keys: found.map((key) => ({ ...described(key), lastUsedOn: key.lastUsedOn })) });
}

const create = audited("key.create", async (event) => {
  const { tenant, name, scopes, expiresInDays } = parseBody(event, createSchema);
  const expiresAt = expiresInDays === null ? null : new Date(Date.now() + expiresInDays * dayMs).toISOString();
  const { key, secret } = await createKey({
    ...{ tenant: tenantOf(event, tenant), name, expiresAt, createdBy: callerOf(event).keyId },
    scopes: [...new Set(scopes)],
  });
  return json(201, { ...described(key), key: keyText(key.keyId, secret) });
});

const rotate = audited("key.rotate", async (event) => {
  const { overlapHours } = parseBody(event, rotateSchema);
  const { key, secret } = await rotateKey(keyOf(event), overlapHours * hourMs);
  return json(200, { ...described(key), key: keyText(key.keyId, secret) });
});

const revoke = audited("key.revoke", async (event) => json(200, described(await revokeKey(keyOf(event)))));

function keyOf(event: HttpEvent): { tenant: TenantId; keyId: KeyId } {
  const tenant = tenantOf(event, parseQuery(event, querySchema).tenant);
  const keyId = parseKeyId(event.pathParameters?.keyId);
  if (keyId) return { tenant, keyId };
  throw new MediaError("key.not_found", "No such key: the id in the address is not one that this service gives out.");
}

function tenantOf(event: HttpEvent, asked: string | undefined): TenantId {
  const { tenant, scopes } = callerOf(event);
  if (asked === undefined || asked === tenant) return tenant;
  if (scopes.includes(everyScope)) return parseTenantId(asked);
  throw new MediaError("access.forbidden", "Only the host's own token may manage the keys of another tenant.");
}

/** Without what its secrets are compared with. */
const described = ({
  keyId,
  tenant,
  name,
  scopes,
  createdAt,
  createdBy,
  expiresAt,
  revokedAt,
  secrets,
}: AccessKey) => ({
  ...{ keyId, tenant, name, scopes, createdAt, createdBy, expiresAt, revokedAt },
  secrets: secrets.map(({ createdAt, expiresAt }) => ({ createdAt, expiresAt })),
});
