import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestS3 } from "../../test/support/s3.ts";
import { parseTenantId } from "../core/index.ts";
import { getJson, keys } from "../storage/index.ts";
import { authenticate } from "./authenticate.ts";
import { makeKey, opens, withNewSecret } from "./key-record.ts";
import { createKey, listAccessKeys, revokeKey, rotateKey } from "./key-store.ts";
import { hashSecret, keyText, parseKeyText } from "./key-text.ts";

const tenant = parseTenantId("alice");
const given = { tenant, name: "ci", scopes: ["jobs:read"], createdBy: "host", expiresAt: null } as const;
const hourMs = 3_600_000;
const hostToken = "hg_a-token-of-the-host";
const doors = { hostTokenSha256: hashSecret(hostToken), jwt: undefined };

let storage: AsyncDisposable;
beforeAll(async () => {
  storage = await openTestS3();
});
afterAll(() => storage[Symbol.asyncDispose]());

describe("a key", () => {
  it("is read back from its text, and no other text is a key", () => {
    const { key, secret } = makeKey(given, 0);
    const text = keyText(key.keyId, secret);
    expect(parseKeyText(text)).toEqual({ keyId: key.keyId, secret });
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom("", " ", "_", "é", "/", "\n"), (at, other) => {
        const changed = text.slice(0, at) + other + text.slice(at + 1);
        const read = parseKeyText(changed);
        if (read) expect(opens(key, read.secret, 1) && read.keyId === key.keyId).toBe(changed === text);
      }),
    );
  });

  it("has at most two good secrets however it is rotated, the newest always among them", () => {
    const steps = fc.array(fc.record({ passMs: fc.nat(3 * hourMs), overlapMs: fc.nat(2 * hourMs) }), { maxLength: 6 });
    fc.assert(
      fc.property(steps, (rotations) => {
        let nowMs = 0;
        let { key, secret } = makeKey(given, nowMs);
        const secrets = [{ secret, untilMs: Number.POSITIVE_INFINITY }];
        for (const { passMs, overlapMs } of rotations) {
          nowMs += passMs;
          secrets.at(-1)!.untilMs = nowMs + overlapMs;
          ({ key, secret } = withNewSecret(key, overlapMs, nowMs));
          secrets.push({ secret, untilMs: Number.POSITIVE_INFINITY });
        }
        const good = secrets.filter((one) => opens(key, one.secret, nowMs));
        const wanted = secrets.slice(-2).filter(({ untilMs }) => nowMs < untilMs);
        expect(good).toEqual(wanted);
        expect(good).toContain(secrets.at(-1));
      }),
    );
  });

  it("opens nothing after its end, whatever its secrets say", () => {
    const { key, secret } = makeKey({ ...given, expiresAt: new Date(hourMs).toISOString() }, 0);
    expect(opens(key, secret, hourMs - 1)).toBe(true);
    expect(opens(key, secret, hourMs)).toBe(false);
    expect(opens({ ...key, revokedAt: new Date(5).toISOString() }, secret, 6)).toBe(false);
  });

  it("is kept without its secret", async () => {
    const { key, secret } = await createKey(given);
    const stored = await getJson("results", keys.accessKey(key.keyId));
    expect(JSON.stringify(stored)).toContain(hashSecret(secret));
    expect(JSON.stringify(stored)).not.toContain(secret);
  });
});

describe("authenticating", () => {
  it("knows who has a key, notes the day, and forgets them when it is revoked", async () => {
    const { key, secret } = await createKey(given);
    const header = `Bearer ${keyText(key.keyId, secret)}`;
    expect(await authenticate(header, doors)).toEqual({ tenant, scopes: ["jobs:read"], keyId: key.keyId });
    const listed = (await listAccessKeys(tenant)).find(({ keyId }) => keyId === key.keyId);
    expect(listed?.lastUsedOn).toBe(new Date().toISOString().slice(0, 10));
    await revokeKey({ tenant, keyId: key.keyId });
    expect(await authenticate(header, doors)).toBeUndefined();
    await expect(rotateKey({ tenant, keyId: key.keyId }, 0)).rejects.toMatchObject({ code: "key.not_found" });
  });

  it("takes the old secret and the new one while a key is rotated", async () => {
    const { key, secret } = await createKey(given);
    const next = await rotateKey({ tenant, keyId: key.keyId }, hourMs);
    const who = (one: string, nowMs: number) => authenticate(`Bearer ${keyText(key.keyId, one)}`, doors, nowMs);
    const now = Date.now();
    expect([await who(secret, now), await who(next.secret, now)].map((one) => one?.keyId)).toEqual([
      key.keyId,
      key.keyId,
    ]);
    expect(await who(secret, now + 2 * hourMs)).toBeUndefined();
    expect(await who(next.secret, now + 2 * hourMs)).toMatchObject({ tenant });
  });

  it("lets nobody touch another tenant's key", async () => {
    const { key } = await createKey(given);
    const other = { tenant: parseTenantId("bob"), keyId: key.keyId };
    await expect(revokeKey(other)).rejects.toMatchObject({ code: "key.not_found" });
    await expect(rotateKey(other, 0)).rejects.toMatchObject({ code: "key.not_found" });
    expect((await listAccessKeys(other.tenant)).map(({ keyId }) => keyId)).not.toContain(key.keyId);
  });

  it("gives the host's own token everything, and a made-up one nothing", async () => {
    expect(await authenticate(`bearer ${hostToken}`, doors)).toEqual({
      tenant: "default",
      scopes: ["*"],
      keyId: "host",
    });
    const { key } = makeKey(given, 0);
    const strangers = [
      undefined,
      "",
      "Bearer",
      `Bearer ${hostToken} `.repeat(2),
      `Basic ${hostToken}`,
      hostToken,
      `Bearer ${hostToken}x`,
      `Bearer ${keyText(key.keyId, "A".repeat(43))}`,
      "Bearer a.b.c",
      "Bearer hg_../../jobs/x_y",
    ];
    for (const header of strangers) expect(await authenticate(header, doors), header).toBeUndefined();
  });
});
