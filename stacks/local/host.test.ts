import { mkdtemp, rm } from "node:fs/promises";
import { get } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ApiClient } from "../../cli/client.ts";
import { readSettings } from "../../layers/core/index.ts";
import { resolveModel } from "../../layers/models/index.ts";
import { bundleCache } from "../../test/support/bundle-cache.ts";
import { lifecyclePrincipal } from "./access.ts";
import { loadCredentials } from "./credentials.ts";
import { LocalHost } from "./host.ts";
import { expireObjects } from "./lifecycle.ts";
import { PrincipalObjects } from "./principal-objects.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-host-"));
});
afterEach(() => rm(directory, { recursive: true }));

const options = async () => ({
  dataDirectory: join(directory, "data"),
  settings: readSettings({ ...bundleCache(), WHISPER_MODEL: "demo" }),
  model: await resolveModel({ id: "demo", modelsDirectory: join(directory, "models"), precision: "int8" }),
});

describe("LocalHost", () => {
  it("says which port is taken and which option chooses another, and leaves the directory free", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as AddressInfo;
    const common = await options();
    await expect(LocalHost.open({ ...common, ports: { gateway: port } })).rejects.toMatchObject({
      code: "host.port_in_use",
      message: expect.stringMatching(new RegExp(`Port ${port} is taken.*--port`)),
    });
    await expect(LocalHost.open({ ...common, ports: { s3: port } })).rejects.toThrow("--s3-port");
    await new Promise((resolve) => other.close(resolve));
    await using host = await LocalHost.open(common);
    expect(host.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it("answers to loopback names only", async () => {
    await using host = await LocalHost.open(await options());
    // fetch() does not let anybody choose the Host header.
    const status = await new Promise((resolve, reject) => {
      get(`${host.url}/v1/jobs`, { headers: { host: "evil.example" } }, (reply) => {
        reply.resume();
        resolve(reply.statusCode);
      }).on("error", reject);
    });
    expect(status).toBe(421);
  });

  it("lets uploads and work objects expire, and nothing else", async () => {
    await using host = await LocalHost.open(await options());
    const credentials = await loadCredentials(join(directory, "data"), []);
    const as = (name: string) => {
      const keys = credentials.principals.get(name);
      if (!keys) throw new Error(`no credentials for ${name}`);
      return new PrincipalObjects(host.s3Url, "us-east-1", keys);
    };
    const [presign, infer, lifecycle] = [as("presign"), as("infer"), as(lifecyclePrincipal)];
    await presign.put("halfgig-uploads", "uploads/j/source", "media");
    await presign.put("halfgig-results", "jobs/j.json", "{}");
    await infer.put("halfgig-results", "work/e/results/000000.json", "{}");
    const api = new ApiClient(host.url, host.accessToken);
    await api.requestUpload({ fileName: "a", sizeBytes: 1, options: {}, multipart: true } as never);
    const inDays = (days: number) => Date.now() + days * 24 * 3600 * 1000;
    expect(await expireObjects(lifecycle, inDays(1))).toBe(0);
    expect(await expireObjects(lifecycle, inDays(3))).toBe(1);
    expect(await expireObjects(lifecycle, inDays(8))).toBe(2);
    expect(await expireObjects(lifecycle, inDays(8))).toBe(0);
    expect((await presign.get("halfgig-results", "jobs/j.json")).readable).toBe(true);
    for (const client of [presign, infer, lifecycle]) client.close();
  });
});
