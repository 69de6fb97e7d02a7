import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { authenticate, JwtVerifier } from "./index.ts";
import { hashSecret } from "./key-text.ts";

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;

/** An issuer with its discovery document and keys. */
const asked: string[] = [];
let keySet: object[] = [];
let claimedIssuer: string | undefined;
const server = createServer((request, response) => {
  asked.push(request.url ?? "");
  const body =
    request.url === "/keys" ? { keys: keySet } : { issuer: claimedIssuer ?? issuer, jwks_uri: `${issuer}/keys` };
  response.setHeader("content-type", "application/json").end(JSON.stringify(body));
});
let issuer: string;
let pair: Pair;
let stranger: Pair;
const publicKey = async ({ publicKey: key }: Pair, kid: string) => ({ ...(await exportJWK(key)), kid, alg: "ES256" });

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  [pair, stranger] = [await generateKeyPair("ES256"), await generateKeyPair("ES256")];
  keySet = [await publicKey(pair, "one")];
});
afterAll(() => server.close());

const settings = (change: object = {}) => ({
  ...{ issuer, audience: "halfgig", tenantClaim: "org", scopeClaim: "scope" },
  ...change,
});
const nowSeconds = () => Math.floor(Date.now() / 1000);
const claims = (): JWTPayload => ({
  sub: "u1",
  org: "alice",
  scope: "openid jobs:read jobs:write * root",
  exp: nowSeconds() + 600,
});

function sign(change: JWTPayload = {}, { by = pair, kid = "one", iss = issuer, aud = "halfgig" } = {}) {
  return new SignJWT({ ...claims(), ...change })
    .setProtectedHeader({ alg: "ES256", kid })
    .setIssuer(iss)
    .setAudience(aud)
    .sign(by.privateKey);
}

describe("a token of the identity provider", () => {
  it("says whose it is and what it may do; scopes that mean nothing here are nothing", async () => {
    const jwt = new JwtVerifier(settings());
    const expected = { tenant: "alice", scopes: ["jobs:read", "jobs:write"], keyId: "jwt:u1" };
    expect(await jwt.verify(await sign())).toEqual(expected);
    expect(await jwt.verify(await sign({ scope: ["jobs:write", "jobs:read"] }))).toEqual(expected);
    expect(await jwt.verify(await sign({ scope: undefined }))).toEqual({ ...expected, scopes: [] });
    const doors = { hostTokenSha256: hashSecret("x"), jwt };
    expect(await authenticate(`Bearer ${await sign()}`, doors)).toEqual(expected);
    expect(await authenticate(`Bearer ${await sign()}`, { ...doors, jwt: undefined })).toBeUndefined();
  });

  it.each<[string, () => Promise<string> | string]>([
    ["of another issuer", () => sign({}, { iss: "https://evil.example" })],
    ["for another audience", () => sign({}, { aud: "other" })],
    ["that ended two minutes ago", () => sign({ exp: nowSeconds() - 120 })],
    ["that begins in two minutes", () => sign({ nbf: nowSeconds() + 120 })],
    ["without an end", () => sign({ exp: undefined })],
    ["without a subject", () => sign({ sub: undefined })],
    ["without a tenant", () => sign({ org: undefined })],
    ["with a tenant that is none", () => sign({ org: "../bob" })],
    ["with a list of tenants", () => sign({ org: ["alice", "bob"] })],
    ["signed by somebody else", () => sign({}, { by: stranger })],
    ["signed by a key that the issuer does not know", () => sign({}, { by: stranger, kid: "two" })],
    ["signed by nobody", () => new UnsecuredJWT(claims()).setIssuer(issuer).setAudience("halfgig").encode()],
    [
      "signed with the public key as a secret",
      async () =>
        new SignJWT(claims())
          .setProtectedHeader({ alg: "HS256", kid: "one" })
          .setIssuer(issuer)
          .setAudience("halfgig")
          .sign(new TextEncoder().encode(JSON.stringify(await publicKey(pair, "one")))),
    ],
    [
      "whose content was changed",
      async () => {
        const [head, , signature] = (await sign()).split(".");
        const other = Buffer.from(JSON.stringify({ ...claims(), org: "bob", iss: issuer, aud: "halfgig" })).toString(
          "base64url",
        );
        return `${head}.${other}.${signature}`;
      },
    ],
  ])("opens nothing: one %s", async (_, make) => {
    expect(await new JwtVerifier(settings()).verify(await make())).toBeUndefined();
  });

  it("may be a minute off the clock", async () => {
    expect(await new JwtVerifier(settings()).verify(await sign({ exp: nowSeconds() - 30 }))).toMatchObject({
      tenant: "alice",
    });
  });

  it("costs no question to the issuer but the first", async () => {
    const jwt = new JwtVerifier(settings());
    const before = asked.length;
    for (let i = 0; i < 5; i++) await jwt.verify(await sign());
    expect(asked.slice(before)).toEqual(["/.well-known/openid-configuration", "/keys"]);
  });

  it("is not judged while the issuer cannot be asked, or calls itself something else", async () => {
    const gone = new JwtVerifier(settings({ issuer: "http://127.0.0.1:1" }));
    await expect(gone.verify(await sign())).rejects.toMatchObject({
      code: "access.issuer_unreachable",
      httpStatus: 503,
    });
    const jwt = new JwtVerifier(settings());
    claimedIssuer = "https://other.example";
    await expect(jwt.verify(await sign())).rejects.toMatchObject({ code: "access.issuer_unreachable" });
    claimedIssuer = undefined;
    expect(await jwt.verify(await sign())).toMatchObject({ tenant: "alice" });
  });
});
