import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HttpSource, redirectTarget } from "./http-source.ts";
import { HubServer, quickPatience, status } from "./hub-server.fixture.ts";
import { hubSettings, isLoopback } from "./settings.ts";

let hub: HubServer;
let elsewhere: HubServer;
beforeEach(async () => {
  hub = await HubServer.start();
  elsewhere = await HubServer.start();
  for (const server of [hub, elsewhere]) server.files.set("org/model/config.json", Buffer.from("{}"));
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  await elsewhere[Symbol.asyncDispose]();
});

const file = { repo: "org/model", revision: "main", name: "config.json", startByte: 0 };
const open = async (changes = {}, request = {}) => {
  const opened = await new HttpSource(hub.settings({ token: "hf_secret", ...changes })).open({ ...file, ...request });
  const chunks: Uint8Array[] = [];
  for await (const chunk of opened.body) chunks.push(chunk);
  return { ...opened, text: Buffer.concat(chunks).toString() };
};
const failure = (changes = {}) => open(changes).catch((error) => error);

describe("HttpSource", () => {
  it("asks for the resolve address, with the token, and passes on what the hub says of the file", async () => {
    hub.headers = () => ({ "x-linked-etag": `"${"a".repeat(64)}"` });
    const opened = await open({}, { revision: "refs/pr/1" });
    expect(opened).toMatchObject({ text: "{}", totalBytes: 2, commit: hub.commit, sha256: "a".repeat(64) });
    expect(hub.requests[0]).toMatchObject({
      path: "org/model/resolve/refs%2Fpr%2F1/config.json",
      headers: { authorization: "Bearer hf_secret" },
    });
  });

  it("follows a redirect to another host, which sees no token and is not believed about the content", async () => {
    elsewhere.headers = () => ({ "x-linked-etag": `"${"b".repeat(64)}"`, "x-repo-commit": "b".repeat(40) });
    const location = `${elsewhere.url}/org/model/resolve/main/config.json`;
    hub.faults.push(status(302, { location, "x-repo-commit": hub.commit, "x-linked-etag": `"${"a".repeat(64)}"` }));
    expect(await open()).toMatchObject({ text: "{}", commit: hub.commit, sha256: "a".repeat(64) });
    expect(hub.requests[0]?.headers.authorization).toBe("Bearer hf_secret");
    expect(elsewhere.requests[0]?.headers.authorization).toBeUndefined();
  });

  it("keeps the token on a relative redirect", async () => {
    hub.faults.push(status(307, { location: "/org/model/resolve/main/config.json?again" }));
    hub.faults.push((_request, response) => {
      response.end("{}");
    });
    await open();
    expect(hub.requests[1]?.headers.authorization).toBe("Bearer hf_secret");
  });

  it("ends a redirect loop after five", async () => {
    for (let n = 0; n < 9; n++) hub.faults.push(status(302, { location: "/org/model/resolve/main/config.json" }));
    expect(await failure()).toMatchObject({
      code: "model.hub_unreachable",
      message: expect.stringContaining("more than 5 times"),
    });
    expect(hub.requests).toHaveLength(6);
  });

  it.each([
    ["another scheme", "file:///etc/passwd"],
    ["no address", "http://"],
  ])("does not follow a redirect to %s", async (_name, location) => {
    hub.faults.push(status(302, { location }));
    expect(await failure()).toMatchObject({ code: "model.hub_unreachable" });
  });

  it.each([401, 403])("says at %i that HF_TOKEN is what is missing", async (code) => {
    hub.faults.push(status(code));
    expect(await failure()).toMatchObject({
      code: "model.gated",
      message: expect.stringMatching(/org\/model.*gated.*HF_TOKEN/),
    });
  });

  it("asks again where a signed address of another host has expired", async () => {
    hub.faults.push(status(302, { location: `${elsewhere.url}/x` }));
    elsewhere.faults.push(status(403));
    expect(await failure()).toMatchObject({ answered: true, message: expect.stringContaining("answered 403") });
  });

  it("says at 404 what is not there", async () => {
    hub.faults.push(status(404));
    expect(await failure()).toMatchObject({
      code: "model.not_published",
      message: expect.stringMatching(/no file config\.json in org\/model at revision main/),
    });
  });

  it("waits for an answer only so long", async () => {
    hub.faults.push(() => undefined);
    const patience = { ...quickPatience, firstAnswerWithinMs: 50 };
    expect(await failure({ patience })).toMatchObject({
      answered: false,
      message: expect.stringContaining("too long"),
    });
  });

  it("calls a closed port a connection that failed", async () => {
    const endpoint = new URL(elsewhere.url);
    await elsewhere[Symbol.asyncDispose]();
    expect(await failure({ endpoint })).toMatchObject({
      answered: false,
      message: expect.stringContaining("ECONNREFUSED"),
    });
    elsewhere = await HubServer.start();
  });
});

describe("redirectTarget", () => {
  it.each([
    ["https://hub.example/a", "https://cdn.example/b", "https://cdn.example/b"],
    ["https://hub.example/a", "/b?c", "https://hub.example/b?c"],
    ["https://hub.example/a", "http://cdn.example/b", undefined],
    ["https://hub.example/a", "http://127.0.0.1:80/b", "http://127.0.0.1/b"],
    ["http://hub.example/a", "http://cdn.example/b", "http://cdn.example/b"],
    ["https://hub.example/a", "ftp://cdn.example/b", undefined],
    ["https://hub.example/a", null, undefined],
  ])("leads from %s by %s to %s", (from, location, expected) => {
    expect(redirectTarget(new URL(from), location)?.href).toBe(expected);
  });
});

describe("hubSettings", () => {
  const given = {
    HF_ENDPOINT: "https://hub.example",
    HF_TOKEN: "hf_x",
    HF_HUB_OFFLINE: false,
    HALFGIG_MODEL_MIRROR: undefined,
  };

  it("refuses to send a token unencrypted, except to this machine", () => {
    expect(hubSettings(given)).toMatchObject({ token: "hf_x" });
    expect(hubSettings({ ...given, HF_ENDPOINT: "http://localhost:1" })).toMatchObject({ token: "hf_x" });
    expect(() => hubSettings({ ...given, HF_ENDPOINT: "http://hub.example" })).toThrow(/HF_TOKEN.*unencrypted/);
  });

  it.each([
    ["http://127.0.0.1:80", true],
    ["http://127.1.2.3", true],
    ["http://[::1]:80", true],
    ["http://localhost", true],
    ["http://127.0.0.1.example", false],
    ["http://10.0.0.1", false],
  ])("knows whether %s is this machine: %s", (url, expected) => {
    expect(isLoopback(new URL(url))).toBe(expected);
  });
});
