import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { handler as complete } from "../../functions/api/complete.ts";
import { handler as parts } from "../../functions/api/parts.ts";
import { handler as presign } from "../../functions/api/presign.ts";
import { handler as mediaUploaded } from "../../functions/events/mediaUploaded.ts";
import { headObject, keys, listKeys, putObject } from "../../layers/storage/index.ts";
import { call } from "../support/call.ts";
import type { RecordingStates } from "../support/states.ts";
import { announce, eventOf, jobs, openUploadLab, refOf } from "./support/upload-lab.ts";

let lab: Awaited<ReturnType<typeof openUploadLab>>;
let states: RecordingStates;
beforeAll(async () => {
  lab = await openUploadLab();
  states = lab.states;
});
afterAll(() => lab[Symbol.asyncDispose]());
beforeEach(() => lab.empty());

describe("an address to upload to", () => {
  const put = (url: string, body = "abc", headers = {}) => fetch(url, { method: "PUT", body, headers });

  it.each<[string, (url: string, other: string) => string]>([
    ["for another job", (url, other) => url.replace(/j[0-9a-z]{22}/, other)],
    ["for another tenant's job", (url) => url.replace("/default/", "/other/")],
    ["for the inbox", (url) => url.replace(/uploads\/default\/[^?]*/, "inbox/default/x")],
    ["with a signature that was changed", (url) => url.replace(/Signature=./, "Signature=g")],
    ["with a longer life", (url) => url.replace(/Expires=\d+/, "Expires=604800")],
    ["for another part", (url) => `${url}&partNumber=2&uploadId=x`],
  ])("does not work %s", async (_name, change) => {
    const { upload } = await announce(3);
    const { jobId } = await announce(3);
    expect((await put(change(upload.url, jobId))).status).toBe(403);
  });

  it("takes no other length", async () => {
    const { upload } = await announce(3);
    expect([(await put(upload.url, "ab")).status, (await put(upload.url, "abcd")).status]).toEqual([403, 403]);
  });

  it("takes no other bytes where their hash is known", async () => {
    const sha256 = createHash("sha256").update("abc").digest("hex");
    const { upload } = await announce(3, { sha256 });
    const { headers } = upload as unknown as { headers: Record<string, string> };
    expect((await put(upload.url, "abd", headers)).status).toBe(400);
    expect((await put(upload.url, "abc")).status).toBe(403);
    expect((await put(upload.url, "abc", headers)).status).toBe(200);
  });

  it("has expired when its time is over", async () => {
    process.env.UPLOAD_URL_SECONDS = "1";
    const { upload } = await announce(3);
    delete process.env.UPLOAD_URL_SECONDS;
    await expect.poll(async () => (await put(upload.url)).status, { timeout: 5000, interval: 300 }).toBe(403);
  });

  it("used twice with other bytes starts the job over, with the same bytes it does not", async () => {
    const { jobId, upload } = await announce(3);
    for (const body of ["abc", "abc", "xyz"]) {
      await put(upload.url, body);
      await mediaUploaded(eventOf(keys.upload(refOf(jobId))));
    }
    expect(states.started).toHaveLength(2);
  });
});

describe("a form to upload by", () => {
  const post = (upload: { url: string; fields: Record<string, string> }, bytes: string, changes = {}) => {
    const form = new FormData();
    for (const [name, value] of Object.entries({ ...upload.fields, ...changes })) form.append(name, value);
    form.append("file", new Blob([bytes]), "a.wav");
    return fetch(upload.url, { method: "POST", body: form });
  };

  it("takes the file, and its job starts", async () => {
    const { jobId, upload } = await announce(3, { form: true });
    expect((await post(upload, "abc")).status).toBe(201);
    await mediaUploaded(eventOf(keys.upload(refOf(jobId))));
    expect(states.started).toHaveLength(1);
  });

  it.each<[string, string, object, number]>([
    ["a shorter file", "ab", {}, 400],
    ["a longer file", "abcd", {}, 400],
    ["another key", "abc", { key: "uploads/default/x/source" }, 403],
    ["another tenant's key", "abc", { key: `uploads/other/j${"0".repeat(22)}/source` }, 403],
    ["a field more", "abc", { acl: "public-read" }, 403],
    ["another policy", "abc", { policy: Buffer.from("{}").toString("base64") }, 403],
  ])("does not take %s", async (_name, bytes, changes, status) => {
    const { jobId, upload } = await announce(3, { form: true });
    expect((await post(upload, bytes, changes)).status).toBe(status);
    expect(await headObject("uploads", keys.upload(refOf(jobId)))).toBeUndefined();
  });
});

describe("an upload in parts", () => {
  const mib = 1_048_576;
  const sign = (jobId: string, partNumber: number | string, query = {}, tenant = "default") =>
    call(parts, { tenant, path: { jobId, partNumber: String(partNumber) }, query });
  const list = (jobId: string, tenant = "default") => call(parts, { tenant, path: { jobId } });
  const finish = (jobId: string, body: object = {}) => call(complete, { method: "POST", path: { jobId }, body });

  it("goes on after a cut with fresh addresses, and needs no list of what was sent", async () => {
    const sizeBytes = 11 * mib;
    const { jobId } = await announce(sizeBytes, { multipart: true, partSizeBytes: 5 * mib, addresses: false });
    const bytes = Buffer.alloc(sizeBytes, 7);
    const sendPart = async (number: number) => {
      const { url } = (await sign(jobId, number)).body as { url: string };
      return fetch(url, { method: "PUT", body: bytes.subarray((number - 1) * 5 * mib, number * 5 * mib) });
    };
    await sendPart(3);
    await sendPart(1);
    expect((await list(jobId)).body).toMatchObject({
      partCount: 3,
      parts: [
        { partNumber: 1, sizeBytes: 5 * mib },
        { partNumber: 3, sizeBytes: mib },
      ],
    });
    const early = await finish(jobId);
    expect([early.status, early.body.detail]).toEqual([400, expect.stringContaining("missing: 2.")]);
    await sendPart(2);
    expect([(await finish(jobId)).status, (await finish(jobId)).status]).toEqual([202, 202]);
    expect(states.started).toHaveLength(1);
    expect((await headObject("uploads", keys.upload(refOf(jobId))))?.sizeBytes).toBe(sizeBytes);
    expect((await list(jobId)).body.code).toBe("job.ended");
  });

  it("with checksums takes no other bytes than those that were signed", async () => {
    const { jobId } = await announce(3, { multipart: true, checksums: true });
    const sha256 = createHash("sha256").update("abc").digest("hex");
    expect((await sign(jobId, 1)).body.code).toBe("request.invalid");
    const { url, headers } = (await sign(jobId, 1, { sha256 })).body as {
      url: string;
      headers: Record<string, string>;
    };
    expect((await fetch(url, { method: "PUT", body: "abd", headers })).status).toBe(400);
    expect((await fetch(url, { method: "PUT", body: "abc" })).status).toBe(403);
    expect((await fetch(url, { method: "PUT", body: "abc", headers })).status).toBe(200);
    expect((await list(jobId)).body).toMatchObject({ parts: [{ sha256 }] });
    expect((await finish(jobId)).status).toBe(202);
  });

  it("that is given up leaves nothing", async () => {
    const vtt = "WEBVTT\n\n00:01.000 --> 00:02.000\nGone\n";
    const transcript = { format: "vtt", sizeBytes: vtt.length, sha256: createHash("sha256").update(vtt).digest("hex") };
    const webhook = { url: "https://example.org/hook", secret: "0123456789abcdef" };
    const options = { transcript, webhook };
    const { jobId } = await announce(3, { multipart: true, options });
    await putObject("uploads", keys.givenTranscript(refOf(jobId)), vtt, "text/vtt");
    const reply = await call(parts, { method: "DELETE", path: { jobId } });
    expect([reply.status, (await list(jobId)).status, await jobs()]).toEqual([204, 404, []]);
    const left = [
      ...(await Array.fromAsync(listKeys("uploads", ""))),
      ...(await Array.fromAsync(listKeys("results", ""))),
    ];
    expect(left.filter((key) => !key.startsWith("audit/"))).toEqual([]);
  });

  it.each<[string, () => Promise<{ status: number; body: Record<string, unknown> }>, number, string]>([
    ["part 0", async () => sign((await announce(3, { multipart: true })).jobId, 0), 400, "request.invalid"],
    ["a part too many", async () => sign((await announce(3, { multipart: true })).jobId, 2), 400, "request.invalid"],
    [
      "a part that is no number",
      async () => sign((await announce(3, { multipart: true })).jobId, "x"),
      400,
      "request.invalid",
    ],
    ["parts of an upload that has none", async () => list((await announce(3)).jobId), 400, "request.invalid"],
    [
      "another tenant's upload",
      async () => list((await announce(3, { multipart: true })).jobId, "other"),
      404,
      "job.not_found",
    ],
    [
      "a part of another's",
      async () => sign((await announce(3, { multipart: true })).jobId, 1, {}, "other"),
      404,
      "job.not_found",
    ],
    [
      "parts under S3's least",
      () =>
        call(presign, { method: "POST", body: { fileName: "a", sizeBytes: 9, multipart: true, partSizeBytes: mib } }),
      400,
      "request.invalid",
    ],
    [
      "a form in parts",
      () => call(presign, { method: "POST", body: { fileName: "a", sizeBytes: 9, multipart: true, form: true } }),
      400,
      "request.invalid",
    ],
    [
      "neither a size nor a transcript",
      () => call(presign, { method: "POST", body: { fileName: "a" } }),
      400,
      "request.invalid",
    ],
    [
      "an ETag of something else",
      async () => {
        const { jobId } = await announce(3, { multipart: true });
        const { url } = (await sign(jobId, 1)).body as { url: string };
        await fetch(url, { method: "PUT", body: "abc" });
        return finish(jobId, { parts: [{ partNumber: 1, etag: "no" }] });
      },
      400,
      "request.invalid",
    ],
  ])("refuses %s", async (_name, ask, status, code) => {
    const reply = await ask();
    expect([reply.status, reply.body.code]).toEqual([status, code]);
  });
});
