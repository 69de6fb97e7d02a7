import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Listening, listenOnLoopback } from "../listen.ts";
import { Page } from "./serve.ts";

let folder: string;
let listening: Listening;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "halfgig-page-"));
  const page = new Page({ cacheDirectory: join(folder, "page"), s3Url: "http://127.0.0.1:9999" });
  listening = await listenOnLoopback(
    page.route((_request, response) => response.writeHead(418).end()),
    0,
  );
});
afterAll(async () => {
  await listening.close();
  await rm(folder, { recursive: true, force: true });
});

const get = (path: string, method = "GET") => fetch(listening.url + path, { method });

describe("the page's server", () => {
  it("serves the page and what it names, with a policy that lets nothing else in", async () => {
    const reply = await get("/");
    expect(reply.status).toBe(200);
    const policy = reply.headers.get("content-security-policy") ?? "";
    expect(policy.split("; ")).toEqual(
      expect.arrayContaining([
        "default-src 'self'",
        "connect-src 'self' http://127.0.0.1:9999",
        "media-src 'self' blob: http://127.0.0.1:9999",
        "frame-ancestors 'none'",
      ]),
    );
    expect(policy).not.toMatch(/script-src|unsafe-eval|\*/);
    expect(reply.headers.get("x-content-type-options")).toBe("nosniff");
    expect(reply.headers.get("cache-control")).toBe("no-cache");
    const names = [...(await reply.text()).matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, name]) => name ?? "");
    expect(names.length).toBe(3);
    for (const name of names) {
      const asset = await get(name);
      expect([name, asset.status, (await asset.arrayBuffer()).byteLength > 100]).toEqual([name, 200, true]);
      if (name.startsWith("/assets/")) expect(asset.headers.get("cache-control")).toContain("immutable");
    }
  });

  it("hands on everything else, also what tries to leave its folder", async () => {
    const others = [
      "/v1/jobs",
      "/assets/",
      "/assets/../package.json",
      "/assets/%2e%2e/build.json",
      "/build.json",
      "/x",
    ];
    for (const path of others) expect([path, (await get(path)).status]).toEqual([path, 418]);
    expect((await get("/", "POST")).status).toBe(418);
    expect((await get("/assets/page-gone.js")).status).toBe(404);
  });

  it("answers HEAD without a body", async () => {
    const reply = await get("/", "HEAD");
    expect([reply.status, await reply.text()]).toEqual([200, ""]);
    expect(Number(reply.headers.get("content-length"))).toBeGreaterThan(100);
  });

  it("is built once, and again by nobody who finds it", async () => {
    const cacheDirectory = join(folder, "page");
    const first = await new Page({ cacheDirectory, s3Url: "" }).folder();
    const before = await readdir(join(first ?? "", "assets"));
    expect(await new Page({ cacheDirectory, s3Url: "" }).folder()).toBe(first);
    expect(await readdir(join(first ?? "", "assets"))).toEqual(before);
  });
});
