import { ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { handler as media } from "../../functions/api/media.ts";
import { defaultTenant } from "../../layers/core/index.ts";
import { getObjectText, keys, listJobs, listKeys, readJob, s3 } from "../../layers/storage/index.ts";
import { call } from "../support/call.ts";
import { openTestStack, type TestStack } from "../support/stack.ts";

let stack: TestStack;
let states: TestStack["states"];
beforeAll(async () => {
  stack = await openTestStack({ MODEL_ID: "m", MAX_VIDEO_SIZE_MB: "3" });
  ({ states } = stack);
});
afterAll(() => stack[Symbol.asyncDispose]());
beforeEach(() => {
  states.started.length = 0;
});

type Part = { name: string; value?: string; fileName?: string; bytes?: Buffer; raw?: string };
const boundary = "--=_odd.boundary'()+,/:?";

/** A form as it goes over the wire, headers unescaped: what a hostile client sends. */
function form(parts: readonly Part[], { end = `--${boundary}--\r\n`, quoted = true } = {}) {
  const chunks = parts.flatMap(({ name, value = "", fileName, bytes, raw }) => {
    const file = fileName === undefined ? "" : `; filename="${fileName}"\r\nContent-Type: audio/wav`;
    const head = raw ?? `Content-Disposition: form-data; name="${name}"${file}`;
    return [Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`), bytes ?? Buffer.from(value), Buffer.from("\r\n")];
  });
  const type = `multipart/form-data; boundary=${quoted ? `"${boundary}"` : boundary}`;
  return { headers: { "content-type": type }, body: Buffer.concat([...chunks, Buffer.from(end)]) };
}

const file = (bytes = Buffer.from("RIFF-bytes"), fileName = "a.wav"): Part => ({ name: "file", fileName, bytes });
const send = (request: { headers: Record<string, string>; body: unknown; query?: Record<string, string> }) =>
  call(media, { method: "POST", ...request });

async function leftovers() {
  const objects = await Array.fromAsync(listKeys("uploads", ""));
  const unfinished = (await s3().send(new ListMultipartUploadsCommand({ Bucket: "uploads" }))).Uploads ?? [];
  return [...objects, ...unfinished.map(({ Key }) => Key)];
}

describe("POST /v1/media takes", () => {
  it.each<[string, readonly Part[]]>([
    ["fields before the file", [{ name: "language", value: "de" }, { name: "words", value: "on" }, file()]],
    ["fields after the file", [file(), { name: "words", value: "true" }, { name: "language", value: "de" }]],
    ["options as JSON", [file(), { name: "options", value: '{"language":"de","words":true}' }]],
  ])("%s", async (_name, parts) => {
    const { status, body } = await send(form(parts));
    expect([status, body]).toEqual([202, expect.objectContaining({ status: "queued" })]);
    const job = await readJob({ tenant: defaultTenant, jobId: body.jobId as never });
    expect(job).toMatchObject({
      fileName: "a.wav",
      options: { language: "de", words: true },
      upload: { sizeBytes: 10 },
    });
    expect(await getObjectText("uploads", keys.upload(job), 100)).toBe("RIFF-bytes");
    expect(states.started).toHaveLength(1);
  });

  it.each([
    ["a path", "../../etc/passwd", "passwd"],
    ["a path of Windows", "C:\\Users\\x\\a.mp3", "a.mp3"],
    ["plus, percent and letters of many scripts", "a+b %41 é 😀.mp3", "a+b %41 é 😀.mp3"],
    ["four thousand characters", "x".repeat(4000), "x".repeat(1024)],
  ])("a file name that is %s, for people and for no key", async (_name, fileName, shown) => {
    const { status, body } = await send(form([file(undefined, fileName)]));
    expect(status).toBe(202);
    const job = await readJob({ tenant: defaultTenant, jobId: body.jobId as never });
    expect(job.fileName).toBe(shown);
    expect(job.upload.key).toBe(`uploads/default/${job.jobId}/source`);
  });

  it("a boundary without quotes, a preamble and an epilogue", async () => {
    const { headers, body } = form([file()]);
    const plain = "simple";
    const text = `ignored\r\n${body.toString("latin1").replaceAll(boundary, plain)}ignored too`;
    const type = headers["content-type"].replace(`"${boundary}"`, plain);
    expect((await send({ headers: { "content-type": type }, body: Buffer.from(text, "latin1") })).status).toBe(202);
  });

  it("a file of just the largest size", async () => {
    const bytes = Buffer.alloc(3 * 1_048_576, "x");
    const { status, body } = await send(form([file(bytes)]));
    expect([status, body.detail]).toEqual([202, undefined]);
  });

  it.each([
    ["bytes in base64", Buffer.from([0x52, 0x49, 0xff, 0x00]), 4],
    ["a body that happens to be text", "text", 4],
  ])("bare bytes with options in the address: %s", async (_name, body, sizeBytes) => {
    const query = { fileName: "b.wav", "beam-size": "3", temperatures: "0,0.4" };
    const sent = await send({ headers: { "content-type": "audio/wav" }, body, query });
    expect(sent.status).toBe(202);
    const job = await readJob({ tenant: defaultTenant, jobId: sent.body.jobId as never });
    expect(job).toMatchObject({
      fileName: "b.wav",
      options: { beamSize: 3, temperatures: [0, 0.4] },
      upload: { sizeBytes },
    });
  });
});

describe("POST /v1/media refuses, and leaves nothing behind:", () => {
  const many = (count: number): Part[] => Array.from({ length: count }, (_, i) => ({ name: `f${i}`, value: "1" }));
  const cut = (parts: readonly Part[], bytes: number) => {
    const whole = form(parts);
    return { ...whole, body: whole.body.subarray(0, whole.body.length - bytes) };
  };
  it.each<[string, { headers: Record<string, string>; body: unknown }, number, string]>([
    ["no final boundary", form([file()], { end: "" }), 400, "request.invalid"],
    ["a client that went away in the final boundary", cut([file()], 3), 400, "request.invalid"],
    ["a client that went away in the file", cut([file(Buffer.alloc(1000))], 500), 400, "request.invalid"],
    ["a client that went away in a header", cut([file(Buffer.alloc(0))], 60), 400, "request.invalid"],
    [
      "no boundary at all",
      { headers: { "content-type": "multipart/form-data" }, body: Buffer.from("x") },
      400,
      "request.invalid",
    ],
    ["ten thousand parts", form([file(), ...many(10_000)]), 400, "request.invalid"],
    ["one field too many", form([file(), ...many(65)]), 400, "request.invalid"],
    ["a field name of a megabyte", form([file(), { name: "x".repeat(1_048_576), value: "1" }]), 400, "request.invalid"],
    [
      "a field of a megabyte",
      form([file(), { name: "initialPrompt", value: "x".repeat(1_048_576) }]),
      400,
      "request.invalid",
    ],
    [
      "a header of a megabyte",
      form([file(), { name: "a", raw: `X: ${"x".repeat(1_048_576)}` }]),
      400,
      "request.invalid",
    ],
    ["one byte over the limit", form([file(Buffer.alloc(3 * 1_048_576 + 1))]), 413, "media.too_large"],
    [
      "a field twice",
      form([file(), { name: "language", value: "de" }, { name: "language", value: "en" }]),
      400,
      "request.invalid",
    ],
    ["a field of every object's", form([file(), { name: "__proto__", value: "1" }]), 400, "request.invalid"],
    ["an option that there is not", form([file(), { name: "langauge", value: "de" }]), 400, "request.invalid"],
    ["an option of the wrong kind", form([file(), { name: "beamSize", value: "many" }]), 400, "request.invalid"],
    ["a bad option before the file", form([{ name: "task", value: "sing" }, file()]), 400, "request.invalid"],
    ["options that are no JSON", form([file(), { name: "options", value: "{" }]), 400, "request.invalid"],
    ["two files", form([file(), file()]), 400, "request.invalid"],
    ["no file", form([{ name: "language", value: "de" }]), 400, "request.invalid"],
    ["a file without a name", form([file(undefined, "")]), 400, "request.invalid"],
    ["a file name with NUL", form([file(undefined, "a\u0000b.mp3")]), 400, "request.invalid"],
    ["no part", form([]), 400, "request.invalid"],
    ["an empty file", form([file(Buffer.alloc(0))]), 422, "media.empty"],
    ["empty bytes", { headers: { "content-type": "audio/wav" }, body: "" }, 422, "media.empty"],
    [
      "bare bytes over the limit",
      { headers: { "content-type": "audio/wav" }, body: Buffer.alloc(3_145_729) },
      413,
      "media.too_large",
    ],
    ["JSON", { headers: { "content-type": "application/json" }, body: "{}" }, 400, "request.invalid"],
    ["no type", { headers: {}, body: "x" }, 400, "request.invalid"],
  ])("%s", async (_name, request, status, code) => {
    const before = { left: await leftovers(), jobs: (await listJobs(defaultTenant, { limit: 100 })).jobs.length };
    const reply = await send(request);
    expect([reply.status, reply.body.code]).toEqual([status, code]);
    if (status === 413) expect(reply.body.detail).toContain("POST /v1/uploads");
    expect(await leftovers()).toEqual(before.left);
    expect((await listJobs(defaultTenant, { limit: 100 })).jobs).toHaveLength(before.jobs);
    expect(states.started).toEqual([]);
  });

  it("a form that breaks off at any byte", async () => {
    const { headers, body } = form([{ name: "language", value: "de" }, file(), { name: "words", value: "1" }]);
    const before = await leftovers();
    for (let length = 0; length < body.length - 4; length += 17) {
      const reply = await send({ headers, body: body.subarray(0, length) });
      expect([length, reply.body.code]).toEqual([length, "request.invalid"]);
    }
    expect(await leftovers()).toEqual(before);
  });

  it("whoever has no token", async () => {
    const reply = await call(
      (event, context) => media({ ...event, requestContext: {} } as never, context),
      form([file()]),
    );
    expect([reply.status, reply.body.code]).toEqual([401, "request.unauthorized"]);
  });
});
