import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../../stacks/local/project-root.ts";
import { type ServedHost, serve } from "./support/cli.ts";
import { sample } from "./support/media.ts";

const run = promisify(execFile);
let directory: string;
let host: ServedHost;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-http-"));
  host = await serve(directory);
});
afterAll(async () => {
  await host.kill("SIGTERM");
  await rm(directory, { recursive: true, force: true });
});

const get = (path: string, token = host.token) =>
  fetch(host.api + path, { headers: token === "" ? {} : { authorization: `Bearer ${token}` } });

describe("the HTTP API", () => {
  it("does what the README's curl commands say", async () => {
    const readme = await readFile(join(projectRoot, "README.md"), "utf8");
    const block = /```sh\n# readme-curl\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
    const script = block.replace(/^API=.*$/m, `API=${host.api} TOKEN=${host.token} FILE=${sample.english}`);
    expect(script).toContain(host.api);
    const { stdout } = await run("bash", ["-euo", "pipefail", "-c", script], { cwd: directory });
    expect(stdout).toMatch(/one two three[\s\S]*four five six[\s\S]*seven eight nine/);
  });

  it("takes a file in parts", async () => {
    const bytes = await readFile(sample.german);
    const asked = await fetch(`${host.api}/v1/uploads`, {
      method: "POST",
      headers: { authorization: `Bearer ${host.token}`, "content-type": "application/json" },
      body: JSON.stringify({ fileName: "../../etc/passwd é 😀.ogg", sizeBytes: bytes.length, multipart: true }),
    });
    expect(asked.status).toBe(201);
    const { jobId, upload } = (await asked.json()) as { jobId: string; upload: { parts: { url: string }[] } };
    const stored = await fetch(upload.parts[0]?.url ?? "", { method: "PUT", body: bytes });
    const completed = await fetch(`${host.api}/v1/uploads/${jobId}/complete`, {
      method: "POST",
      headers: { authorization: `Bearer ${host.token}`, "content-type": "application/json" },
      body: JSON.stringify({ parts: [{ partNumber: 1, etag: stored.headers.get("etag") }] }),
    });
    expect(completed.status).toBe(202);
    for (;;) {
      const job = (await (await get(`/v1/jobs/${jobId}`)).json()) as { status: string; fileName: string };
      if (job.status === "queued" || job.status === "running") continue;
      expect(job).toMatchObject({ status: "done", fileName: "../../etc/passwd é 😀.ogg" });
      break;
    }
    const text = await (await get(`/v1/jobs/${jobId}/transcript.txt`)).text();
    expect(text.trim().split(/\s+/).join(" ")).toBe("eins zwei drei vier fünf sechs");
  });

  it.each([
    ["no token", "", 401],
    ["a wrong token", "hg_wrong", 403],
  ])("lets nobody in with %s", async (_name, token, status) => {
    expect((await get("/v1/jobs", token)).status).toBe(status);
  });

  it.each([
    ["GET", "/v1/jobs/..%2F..%2Fcredentials.json", undefined, 404, "job.not_found"],
    ["GET", `/v1/jobs/j${"0".repeat(22)}`, undefined, 404, "job.not_found"],
    ["POST", "/v1/uploads", "{not json", 400, "request.invalid"],
    ["POST", "/v1/uploads", "{}", 400, "request.invalid"],
    ["POST", "/v1/uploads", JSON.stringify({ fileName: "x", sizeBytes: 1e12 }), 413, "media.too_large"],
    [
      "POST",
      "/v1/uploads",
      JSON.stringify({ fileName: "x", sizeBytes: 1, options: { tsak: 1 } }),
      400,
      "request.invalid",
    ],
  ])("answers %s %s %s with a problem document", async (method, path, body, status, code) => {
    const reply = await fetch(host.api + path, { method, body, headers: { authorization: `Bearer ${host.token}` } });
    expect(reply.status).toBe(status);
    expect(reply.headers.get("content-type")).toBe("application/problem+json");
    expect(await reply.json()).toMatchObject({ status, code });
  });

  it("refuses an upload of another length than was announced", async () => {
    const asked = await fetch(`${host.api}/v1/uploads`, {
      method: "POST",
      headers: { authorization: `Bearer ${host.token}` },
      body: JSON.stringify({ fileName: "x.mp3", sizeBytes: 10 }),
    });
    const { jobId, upload } = (await asked.json()) as { jobId: string; upload: { url: string } };
    const stored = await fetch(upload.url, { method: "PUT", body: "eleven bytes" });
    expect(stored.status).toBe(403);
    expect(await (await get(`/v1/jobs/${jobId}`)).json()).toMatchObject({ status: "awaiting_upload" });
    expect((await get(`/v1/jobs/${jobId}/transcript.srt`)).status).toBe(409);
  });
});

describe("halfgig serve", () => {
  it("listens on loopback only, keeps its secrets to its owner, and stops cleanly on SIGTERM", async () => {
    const data = await mkdtemp(join(tmpdir(), "halfgig-serve-"));
    const own = await serve(data);
    expect(own.api).toMatch(/^http:\/\/127\.0\.0\.1:/);
    const { stdout } = await run("find", [data, "-name", "credentials.json", "-perm", "/077"]);
    expect(stdout).toBe("");
    expect(await own.kill("SIGTERM")).toBe(0);
    expect(own.output()).toContain("SIGTERM: stopping");
    await rm(data, { recursive: true });
  });
});
