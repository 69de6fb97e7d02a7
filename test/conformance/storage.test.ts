import { createHash } from "node:crypto";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultTenant, newJobId } from "../../layers/core/index.ts";
import {
  createJob,
  deletePrefix,
  getJson,
  headObject,
  JsonLinesWriter,
  jobOfUpload,
  keys,
  listJobs,
  listKeys,
  openObject,
  presignUpload,
  putObject,
  readJob,
  readJsonLines,
  updateJob,
} from "../../layers/storage/index.ts";
import { jobRecord } from "../support/job.ts";
import { openTestS3 } from "../support/s3.ts";

let storage: AsyncDisposable;
beforeAll(async () => {
  storage = await openTestS3();
});
afterAll(() => storage[Symbol.asyncDispose]());

const tenant = defaultTenant;
const record = (jobId = newJobId()) => jobRecord({ jobId });

describe("objects", () => {
  it("writes only if absent, and only if unchanged", async () => {
    expect(await putObject("results", "c/1", "first", "text/plain", { onlyIfAbsent: true })).toBe(true);
    expect(await putObject("results", "c/1", "second", "text/plain", { onlyIfAbsent: true })).toBe(false);
    const head = await headObject("results", "c/1");
    expect(await putObject("results", "c/1", "third", "text/plain", { onlyIfEtag: head?.etag })).toBe(true);
    expect(await putObject("results", "c/1", "fourth", "text/plain", { onlyIfEtag: head?.etag })).toBe(false);
    expect(await putObject("results", "c/none", "x", "text/plain", { onlyIfEtag: head?.etag })).toBe(false);
    expect(await text(await openObject("results", "c/1"))).toBe("third");
  });

  it("reads ranges of one version, and says so when it was overwritten", async () => {
    await putObject("uploads", "r", "0123456789", "text/plain");
    const etag = (await headObject("uploads", "r"))?.etag;
    expect(await text(await openObject("uploads", "r", { start: 3, endExclusive: 6, etag }))).toBe("345");
    await putObject("uploads", "r", "abcdefghij", "text/plain");
    await expect(openObject("uploads", "r", { start: 0, endExclusive: 1, etag })).rejects.toMatchObject({
      code: "storage.object_changed",
    });
  });

  it("knows what is not there", async () => {
    expect(await headObject("results", "nothing")).toBeUndefined();
    expect(await getJson("results", "nothing")).toBeUndefined();
  });

  it("deletes a prefix of more than one page, and nothing beside it", async () => {
    await Promise.all(Array.from({ length: 1005 }, (_, n) => putObject("results", `many/${n}`, "x", "text/plain")));
    await putObject("results", "many-other", "x", "text/plain");
    expect(await deletePrefix("results", "many/")).toBe(1005);
    expect(await Array.fromAsync(listKeys("results", "many"))).toEqual(["many-other"]);
    expect(await deletePrefix("results", "many/")).toBe(0);
  });
});

describe("JSON Lines", () => {
  it("gives back what was written, in order", async () => {
    const writer = new JsonLinesWriter("results", "l/1.jsonl");
    const rows = Array.from({ length: 5000 }, (_, n) => ({ n, text: "é\u2028\n".repeat(n % 3) }));
    for (const row of rows) await writer.write(row);
    await writer.end();
    expect(await Array.fromAsync(readJsonLines("results", "l/1.jsonl"))).toEqual(rows);
  });

  it("leaves nothing when it is aborted, and an empty object when nothing was written", async () => {
    const aborted = new JsonLinesWriter("results", "l/2.jsonl");
    await aborted.write({ a: 1 });
    await aborted.abort();
    expect(await headObject("results", "l/2.jsonl")).toBeUndefined();
    const empty = new JsonLinesWriter("results", "l/3.jsonl");
    await empty.end();
    expect(await Array.fromAsync(readJsonLines("results", "l/3.jsonl"))).toEqual([]);
  });
});

describe("job records", () => {
  it("are created once, and listed", async () => {
    const job = record();
    expect(await createJob(job)).toBe(true);
    expect(await createJob({ ...job, fileName: "other" })).toBe(false);
    expect(await readJob(job)).toMatchObject({ fileName: "a.wav" });
    expect((await listJobs(tenant, { limit: 10 })).jobs.map(({ jobId }) => jobId)).toContain(job.jobId);
    await expect(readJob({ tenant, jobId: newJobId() })).rejects.toMatchObject({ code: "job.not_found" });
  });

  it("lose no change when several writers meet", async () => {
    const job = record();
    await createJob(job);
    await Promise.all(
      Array.from({ length: 6 }, (_, n) =>
        updateJob(job, (current) => ({ warnings: [...(current.warnings ?? []), `${n}`] })),
      ),
    );
    expect((await readJob(job)).warnings?.sort()).toEqual(["0", "1", "2", "3", "4", "5"]);
  });
});

describe("presigned uploads", () => {
  const body = "0123456789";
  const sha256 = createHash("sha256").update(body).digest("hex");
  const ask = (jobId = newJobId()) =>
    presignUpload({ tenant, jobId }, { method: "PUT" }, { sizeBytes: body.length, sha256, expiresSeconds: 60 });

  it("take exactly the bytes that were announced", async () => {
    const upload = await ask();
    if (upload.method !== "PUT") throw new Error("expected a PUT");
    const put = (bytes: string, headers = upload.headers) => fetch(upload.url, { method: "PUT", headers, body: bytes });
    expect((await put(`${body}x`)).status).toBe(403);
    expect((await put("9876543210")).status).toBe(400);
    expect((await put(body, {})).status).toBe(403);
    expect((await put(body)).status).toBe(200);
  });

  it("do not work for another job's key", async () => {
    const [mine, other] = [newJobId(), newJobId()];
    const upload = await ask(mine);
    if (upload.method !== "PUT") throw new Error("expected a PUT");
    const reply = await fetch(upload.url.replace(mine, other), { method: "PUT", headers: upload.headers, body });
    expect(reply.status).toBe(403);
  });
});

describe("keys", () => {
  const id = `j${"0".repeat(22)}`;
  it.each([
    ...["uploads/../x/source", "uploads/t/jxyz/source", `uploads/t/${id}/source/x`, "work/x", `uploads/${id}/source`],
    ...[`uploads/../${id}/source`, `uploads/A/${id}/source`, `uploads/${"t".repeat(33)}/${id}/source`],
  ])("%s is no upload of ours", (key) => expect(jobOfUpload(key)).toBeUndefined());

  it("say whose job an upload is for", () => {
    const ref = { tenant, jobId: newJobId() };
    expect([keys.upload(ref), keys.givenTranscript(ref)].map(jobOfUpload)).toEqual([ref, ref]);
  });
});
