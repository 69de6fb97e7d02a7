import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { putFile } from "../../cli/client.ts";
import { scopes } from "../../layers/access/index.ts";
import { newJobId } from "../../layers/core/index.ts";
import { routes } from "../../stacks/app/index.ts";
import { type DemoHost, openDemoHost } from "../e2e/support/demo-host.ts";
import { sample } from "../e2e/support/media.ts";
import { keysUnder } from "../e2e/support/objects.ts";
import { ask, type Someone, someone, textsOf } from "./support.ts";

let demo: DemoHost;
let alice: Someone;
let bob: Someone;
/** A job that is done, and one whose parts are on their way. */
let done: string;
let awaited: string;
let doneUrl: string;
let sent: { fileName: string; sizeBytes: number; sha256: string };

beforeAll(async () => {
  demo = await openDemoHost();
  [alice, bob] = [await someone(demo, "alice", scopes), await someone(demo, "bob", scopes)];
  const sha256 = createHash("sha256")
    .update(await readFile(sample.english))
    .digest("hex");
  sent = { fileName: "secret-plan.mp4", sizeBytes: (await stat(sample.english)).size, sha256 };
  const upload = await alice.api.requestUpload({ ...sent, options: {} });
  [done, doneUrl] = [upload.jobId, upload.upload!.url];
  await putFile(sample.english, sent.sizeBytes, upload.upload!, () => undefined);
  expect(await alice.api.wait(done, () => undefined)).toMatchObject({ status: "done", tenant: "alice" });
  awaited = (await alice.api.requestParts({ fileName: "b.wav", sizeBytes: 6_000_000, options: {} })).jobId;
});
afterAll(() => demo[Symbol.asyncDispose]());

const names: Record<string, string> = { partNumber: "1", call: "list", file: "transcript.srt", model: "whisper-1" };
const pathOf = (route: string, id: string) =>
  route.split(" ")[1]!.replace(/\{(\w+)\}/g, (_, name: string) => names[name] ?? id);
const methodOf = (route: string) => route.split(" ")[0]!;
/** Bodies that the addresses without an id in them take. */
const bodies: Record<string, unknown> = {
  "POST /v1/ask": { question: "What comes after seven?" },
  "POST /v1/search/reindex": { clear: true },
};
const queries: Record<string, string> = { "GET /v1/search": "?q=seven" };
const ofJobs = routes.filter(({ route }) => route.includes("{jobId}"));

describe("what is of one tenant", () => {
  it.each(ofJobs.map(({ route }) => route))("is not there for another: %s", async (route) => {
    for (const id of [done, awaited]) {
      const theirs = await ask(
        demo,
        bob.key,
        methodOf(route),
        pathOf(route, id),
        methodOf(route) === "POST" ? {} : undefined,
      );
      const stranger = newJobId();
      const nobodys = await ask(
        demo,
        bob.key,
        methodOf(route),
        pathOf(route, stranger),
        methodOf(route) === "POST" ? {} : undefined,
      );
      // Nor does the answer differ from that for an id that nobody has.
      expect([theirs.status, theirs.text.replaceAll(id, "ID")]).toEqual([404, nobodys.text.replaceAll(stranger, "ID")]);
    }
  });

  it("is in no list, search or answer of another", async () => {
    const open = routes.filter(({ route, authorized }) => authorized && !route.includes("{"));
    expect(open.length).toBeGreaterThan(5);
    for (const { route } of open) {
      const reply = await ask(
        demo,
        bob.key,
        methodOf(route),
        pathOf(route, "") + (queries[route] ?? ""),
        bodies[route] ?? (methodOf(route) === "POST" ? {} : undefined),
      );
      expect(reply.status, `${route}: ${reply.text}`).not.toBe(500);
      for (const secret of [done, awaited, alice.keyId, "secret-plan", "alice", "eight nine"]) {
        expect(reply.text, route).not.toContain(secret);
      }
    }
    const found = async () => (await ask(demo, alice.key, "GET", "/v1/search?q=seven")).text;
    expect((await ask(demo, alice.key, "GET", "/v1/jobs")).text).toContain(done);
    expect(await found()).toMatch(/seven[^"]*eight[^"]*nine/);
  });

  it("is not found by sending the same bytes", async () => {
    const reply = await bob.api.requestUpload({ ...sent, options: {} });
    expect(reply.reused).toBeUndefined();
    expect(reply.jobId).not.toBe(done);
    expect((await alice.api.requestUpload({ ...sent, options: {} })).reused).toBe(true);
  });

  it("is not reached by an address that was signed for something else", async () => {
    const { upload, jobId } = await bob.api.requestUpload({ fileName: "x.wav", sizeBytes: 4, options: {} });
    const theirs = upload!.url.replace(`/bob/${jobId}/`, `/alice/${done}/`);
    expect(theirs).not.toBe(upload!.url);
    for (const [method, url] of [
      ["PUT", theirs],
      ["GET", theirs],
      ["GET", doneUrl],
      ["DELETE", upload!.url],
    ] as const) {
      const reply = await fetch(url, { method, ...(method === "PUT" ? { body: "evil" } : {}) });
      expect([method, reply.status]).toEqual([method, 403]);
    }
    expect((await fetch(new URL(doneUrl).origin + new URL(doneUrl).pathname)).status).toBe(403);
  });

  it("is not guessed: ids that nobody has been given lead nowhere", async () => {
    const character = fc.constantFrom(..."0123456789abcdefghjkmnpqrstvwxyz");
    // Ids that share their beginning, which is the time, with one that there is.
    const near = fc.tuple(fc.nat(21), character).map(([at, one]) => done.slice(0, at + 1) + one + done.slice(at + 2));
    await fc.assert(
      fc.asyncProperty(near, async (id) => {
        fc.pre(id !== done && id !== awaited);
        expect((await ask(demo, alice.key, "GET", `/v1/jobs/${id}`)).status).toBe(404);
      }),
      { numRuns: 15 },
    );
  });

  it("has keys that another cannot list, rotate, revoke or make", async () => {
    const rotate = await ask(demo, bob.key, "POST", `/v1/keys/${alice.keyId}/rotate`, {});
    const revoke = await ask(demo, bob.key, "DELETE", `/v1/keys/${alice.keyId}`);
    const make = await ask(demo, bob.key, "POST", "/v1/keys", { tenant: "alice", name: "x", scopes: ["jobs:read"] });
    const list = await ask(demo, bob.key, "GET", "/v1/keys?tenant=alice");
    const everything = await ask(demo, bob.key, "POST", "/v1/keys", { name: "x", scopes: ["*"] });
    expect([rotate, revoke, make, list, everything].map(({ status }) => status)).toEqual([404, 404, 403, 403, 400]);
  });

  it("is as it was after all that", async () => {
    expect((await alice.api.job(done)).status).toBe("done");
    expect(await alice.api.transcript(done, "srt")).toContain("one two three");
    expect((await alice.api.job(awaited)).status).toBe("awaiting_upload");
    expect((await alice.api.parts(awaited)).parts).toEqual([]);
  });
});

describe("a key", () => {
  it("opens what its scopes say and nothing else, at every address", async () => {
    const holders = new Map(
      await Promise.all(scopes.map(async (scope) => [scope, await someone(demo, "carol", [scope])] as const)),
    );
    for (const { route, scope, authorized } of routes) {
      if (scope === null) continue;
      const refused = authorized ? 403 : 401;
      for (const [held, holder] of holders) {
        const reply = await ask(demo, holder.key, methodOf(route), pathOf(route, newJobId()));
        const isRefused = reply.status === refused && !reply.text.includes("urn:halfgig");
        expect([route, held, isRefused]).toEqual([route, held, held !== scope]);
      }
      expect((await ask(demo, undefined, methodOf(route), pathOf(route, newJobId()))).status, route).toBe(401);
    }
  });

  it("is rotated without a gap, and revoked for good", async () => {
    const dave = await someone(demo, "dave", ["jobs:read"]);
    const rotated = await ask(demo, demo.host.accessToken, "POST", `/v1/keys/${dave.keyId}/rotate?tenant=dave`, {});
    const { key } = JSON.parse(rotated.text) as { key: string };
    const list = (token: string) => ask(demo, token, "GET", "/v1/jobs").then(({ status }) => status);
    expect([await list(dave.key), await list(key)]).toEqual([200, 200]);
    const erin = await someone(demo, "erin", ["jobs:read"]);
    expect((await ask(demo, demo.host.accessToken, "DELETE", `/v1/keys/${erin.keyId}?tenant=erin`)).status).toBe(200);
    expect(await list(erin.key)).toBe(403);
    const shown = await ask(demo, demo.host.accessToken, "GET", "/v1/keys?tenant=dave");
    expect(JSON.parse(shown.text)).toMatchObject({
      keys: [{ keyId: dave.keyId, scopes: ["jobs:read"], lastUsedOn: new Date().toISOString().slice(0, 10) }],
    });
    for (const secret of [dave.key, key]) expect(shown.text).not.toContain(secret.slice(-43));
  });

  it("leaves a record of what was done with it, without its secret", async () => {
    await ask(demo, alice.key, "POST", `/v1/jobs/${done}/cancel`);
    const records = await keysUnder(demo, "audit/alice/", { principal: "tools" });
    expect(records.every((key) => /^audit\/alice\/\d{4}-\d\d-\d\d\/\d{9}Z-[0-9a-f]{16}\.json$/.test(key))).toBe(true);
    const texts = await textsOf(demo, records);
    const said = texts.map(
      (text) => JSON.parse(text) as { action: string; by: string; subject: string; outcome: string },
    );
    expect(said).toContainEqual(
      expect.objectContaining({ tenant: "alice", action: "job.create", by: alice.keyId, subject: done, outcome: "ok" }),
    );
    expect(said).toContainEqual(
      expect.objectContaining({ action: "job.cancel", by: alice.keyId, subject: done, outcome: "job.ended" }),
    );
    expect(said).toContainEqual(expect.objectContaining({ action: "key.create", by: "host", outcome: "ok" }));
    for (const text of texts) for (const { key } of [alice, bob]) expect(text).not.toContain(key.slice(-43));
  });
});
