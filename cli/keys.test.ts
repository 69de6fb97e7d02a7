import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { openReceiver, type Receiver } from "../test/support/receiver.ts";
import { run } from "./main.ts";

type Asked = { method: string; url: string; token: string | undefined; body: unknown };
let asked: Asked[] = [];
let reply: { status: number; body: unknown };
let server: Receiver;
let api: string;
beforeAll(async () => {
  server = await openReceiver(({ method, path: url, headers, body }, response) => {
    const sent = body.length === 0 ? undefined : JSON.parse(String(body));
    asked.push({ method, url, token: headers.authorization, body: sent });
    response.writeHead(reply.status).end(JSON.stringify(reply.body));
  });
  api = server.url;
  vi.stubEnv("HALFGIG_TOKEN", "secret-token");
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await server[Symbol.asyncDispose]();
});
beforeEach(() => {
  asked = [];
});

const described = { keyId: "k".repeat(16), name: "ci", scopes: ["search"], expiresAt: null, revokedAt: null };

async function said(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
  const out = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const err = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  try {
    const status = await run(["keys", ...argv]);
    return { status, out: out.mock.calls.join(""), err: err.mock.calls.join("") };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}

describe("halfgig keys", () => {
  it("create prints the key alone on stdout", async () => {
    reply = { status: 201, body: { ...described, key: "hg_the-key" } };
    const { status, out, err } = await said(
      "create",
      "--name",
      "ci",
      "--scope",
      "search, voice",
      "--tenant",
      "a",
      "--api",
      api,
    );
    expect([status, out]).toEqual([0, "hg_the-key\n"]);
    expect(err).toContain("only time");
    const body = { tenant: "a", name: "ci", scopes: ["search", "voice"], expiresInDays: 365 };
    expect(asked).toEqual([{ method: "POST", url: "/v1/keys", token: "Bearer secret-token", body }]);
  });

  it("list, rotate and revoke ask for the key of the tenant", async () => {
    reply = { status: 200, body: { keys: [{ ...described, lastUsedOn: "2026-11-21" }] } };
    expect((await said("list", "--api", api)).out).toMatch(/k{16} +ci +search +2026-11-21 +good/);
    reply = { status: 200, body: { ...described, key: "hg_new" } };
    expect((await said("rotate", described.keyId, "--overlap-hours", "0", "--tenant", "a", "--api", api)).out).toBe(
      "hg_new\n",
    );
    expect((await said("revoke", described.keyId, "--api", api)).status).toBe(0);
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "GET /v1/keys?tenant=default",
      `POST /v1/keys/${described.keyId}/rotate?tenant=a`,
      `DELETE /v1/keys/${described.keyId}?tenant=default`,
    ]);
    expect(asked[1]?.body).toEqual({ overlapHours: 0 });
  });

  it("says what the service says, and nothing of the token", async () => {
    reply = { status: 404, body: { detail: "There is no key." } };
    const { status, err } = await said("revoke", described.keyId, "--api", api);
    expect([status, err]).toEqual([1, "halfgig: There is no key. [request.invalid]\n"]);
  });

  it.each([
    ["create without a scope", ["create", "--name", "x"]],
    ["rotate without a key", ["rotate"]],
    ["list with one", ["list", "x"]],
    ["an unknown verb", ["delete"]],
    ["an unknown option", ["list", "--force"]],
    ["a number that is none", ["create", "--name", "x", "--scope", "search", "--expires-days", "soon"]],
  ])("refuses %s", async (_, argv) => {
    const { status, err } = await said(...argv, "--api", api);
    expect([status, err.split("\n")[0]]).toEqual([2, expect.stringMatching(/^halfgig: /)]);
    expect(asked).toEqual([]);
  });
});
