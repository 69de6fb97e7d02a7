import { defaultTenant, log } from "../core/index.ts";
import type { Identity } from "./identity.ts";
import type { JwtVerifier } from "./jwt.ts";
import { looksLikeJwt } from "./jwt.ts";
import { opens } from "./key-record.ts";
import { findKey, noteUse } from "./key-store.ts";
import { isHashOf, parseKeyText } from "./key-text.ts";
import { everyScope } from "./scopes.ts";

export type Doors = {
  /** SHA-256 of the host's own token, in hex. */
  hostTokenSha256: string;
  jwt: JwtVerifier | undefined;
};

/** Days on which uses were noted, by key: a process notes each once. */
const noted = new Map<string, string>();
const mostNoted = 1000;

/**
 * Who sends `Authorization: Bearer <token>`: the host's own token, a key of ours, or a token of the identity provider.
 * @returns undefined for everything else
 * @throws MediaError `access.issuer_unreachable`, `storage.unavailable`
 */
export async function authenticate(
  authorization: string | undefined,
  { hostTokenSha256, jwt }: Doors,
  nowMs = Date.now(),
): Promise<Identity | undefined> {
  // RFC 9110 §11.1: the scheme's name has no case.
  const token = /^bearer +([\x21-\x7e]+)$/i.exec((authorization ?? "").trim())?.[1];
  if (token === undefined) return undefined;
  if (isHashOf(token, hostTokenSha256)) return { tenant: defaultTenant, scopes: [everyScope], keyId: "host" };
  const given = parseKeyText(token);
  if (!given) return looksLikeJwt(token) ? jwt?.verify(token, new Date(nowMs)) : undefined;
  const key = await findKey(given.keyId);
  if (!key || !opens(key, given.secret, nowMs)) return undefined;
  const day = new Date(nowMs).toISOString().slice(0, 10);
  if (noted.get(key.keyId) !== day) {
    if (noted.size >= mostNoted) noted.clear();
    noted.set(key.keyId, day);
    // Nobody is kept out because a note could not be made.
    await noteUse(key.keyId, nowMs).catch((error) => log.warn("a key's use was not noted", error as Error));
  }
  return { tenant: key.tenant, scopes: key.scopes, keyId: key.keyId };
}
