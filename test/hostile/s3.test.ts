import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { CopyObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { handler as mediaUploaded } from "../../functions/events/mediaUploaded.ts";
import { handler as sweep } from "../../functions/events/sweep.ts";
import { defaultTenant } from "../../layers/core/index.ts";
import {
  headObject,
  type JobRecord,
  keys,
  listJobs,
  openObject,
  putObject,
  readJob,
  s3,
  updateJob,
} from "../../layers/storage/index.ts";
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

describe("events of S3", () => {
  it("ten of one object, duplicated and shuffled, start one execution", async () => {
    const { jobId, upload } = await announce(3);
    await fetch(upload.url, { method: "PUT", body: "abc" });
    const key = keys.upload(refOf(jobId));
    await Promise.all(Array.from({ length: 10 }, (_, n) => mediaUploaded(n % 3 ? eventOf(key) : eventOf(key, key))));
    expect(states.started).toHaveLength(1);
  });

  it("ten of one object in the inbox make one job, whose file stays where it is", async () => {
    const key = "inbox/team-7/any name (1) + é 😀 100%.mp4";
    await putObject("uploads", key, "abc", "video/mp4");
    await Promise.all(Array.from({ length: 10 }, () => mediaUploaded(eventOf(key))));
    expect(await jobs("team-7")).toEqual([
      expect.objectContaining({ fileName: "any name (1) + é 😀 100%.mp4", upload: expect.objectContaining({ key }) }),
    ]);
    expect(states.started.map(({ input }) => [input.tenant, input.key])).toEqual([["team-7", key]]);
    expect(await jobs()).toEqual([]);
  });

  it("a newer object in the same place is a job of its own, and late events of the older one are its events", async () => {
    const key = "inbox/default/a.mp4";
    for (const bytes of ["one", "two"]) {
      await putObject("uploads", key, bytes, "video/mp4");
      await mediaUploaded(eventOf(key));
    }
    await mediaUploaded(eventOf(key));
    expect(states.started).toHaveLength(2);
    expect(await jobs()).toHaveLength(2);
  });

  it.each<[string, unknown]>([
    ["S3's test event", { Service: "Amazon S3", Event: "s3:TestEvent", Bucket: "uploads" }],
    ["an empty event", { Records: [] }],
    ["an object that is gone", eventOf("inbox/default/gone.mp4")],
    ["an upload whose job was deleted", eventOf(`uploads/default/j${"0".repeat(22)}/source`)],
    ["an object that is nobody's", eventOf("elsewhere/x")],
    ["a folder", eventOf("inbox/default/folder/")],
    ["options beside a file", eventOf("inbox/default/a.mp4.options.json")],
    ["a tenant that cannot be", eventOf("inbox/UPPER/a.mp4")],
    ["a path that climbs", eventOf("inbox/../uploads/a.mp4")],
  ])("%s changes nothing", async (_name, event) => {
    await mediaUploaded(event as never);
    expect([states.started, await jobs()]).toEqual([[], []]);
  });

  it("one that was lost is found by the sweep, and found once", async () => {
    const { jobId, upload } = await announce(3);
    await fetch(upload.url, { method: "PUT", body: "abc" });
    await putObject("uploads", "inbox/default/b.mp4", "abc", "video/mp4");
    expect([await sweep(), await sweep()]).toEqual([{ started: 2 }, { started: 0 }]);
    expect((await readJob(refOf(jobId))).status).toBe("queued");
  });
});

describe("options of an object that was put by hand", () => {
  const key = "inbox/default/talk.mp4";
  const putWith = (Metadata: Record<string, string>) =>
    s3().send(new PutObjectCommand({ Bucket: "uploads", Key: key, Body: "abc", Metadata }));
  const only = async (): Promise<JobRecord> => {
    await mediaUploaded(eventOf(key));
    const [job, ...others] = await jobs();
    expect([others, job]).toEqual([[], expect.anything()]);
    return job as JobRecord;
  };

  it.each<[string, Record<string, string>]>([
    ["as JSON in its metadata", { "halfgig-options": '{"language":"de","beamSize":2}' }],
    ["one by one in its metadata", { "halfgig-language": "de", "halfgig-beam-size": "2", other: "left alone" }],
  ])("%s", async (_name, metadata) => {
    await putWith(metadata);
    expect((await only()).options).toMatchObject({ language: "de", beamSize: 2 });
  });

  it("in an object beside it, which counts before its metadata", async () => {
    await putObject("uploads", keys.inboxOptions(key), '{"language":"de"}', "application/json");
    await putWith({ "halfgig-language": "fr" });
    expect((await only()).options.language).toBe("de");
  });

  it.each<[string, Record<string, string>]>([
    ["that are no JSON", { "halfgig-options": "{" }],
    ["that there are not", { "halfgig-colour": "red" }],
    ["that contradict each other", { "halfgig-task": "language", "halfgig-words": "1" }],
  ])("%s make a job that says so", async (_name, metadata) => {
    await putWith(metadata);
    expect(await only()).toMatchObject({ status: "failed", error: { code: "request.invalid", step: "options" } });
    expect(states.started).toEqual([]);
  });
});

describe("the storage", () => {
  it("that answers 503 again and again is storage.unavailable, which can be tried again", async () => {
    let asked = 0;
    const down = createServer((request, response) => {
      asked++;
      request.resume();
      response.writeHead(503, { "content-type": "application/xml" });
      response.end("<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>");
    });
    await new Promise<void>((resolve) => down.listen(0, "127.0.0.1", resolve));
    const address = `http://127.0.0.1:${(down.address() as AddressInfo).port}`;
    const { unavailableAware } = await import("../../layers/storage/client.ts");
    const client = unavailableAware(new S3Client({ endpoint: address, forcePathStyle: true, maxAttempts: 2 }));
    const copy = new CopyObjectCommand({ Bucket: "b", Key: "k", CopySource: "b/x" });
    await expect(client.send(copy)).rejects.toMatchObject({ code: "storage.unavailable", retryable: true });
    expect(asked).toBe(2);
    down.close();
    down.closeAllConnections();
    await expect(client.send(copy)).rejects.toMatchObject({ code: "storage.unavailable" });
    client.destroy();
  });

  it("says so where an object was overwritten while a job reads it", async () => {
    await putObject("uploads", "x", "one", "text/plain");
    const etag = (await headObject("uploads", "x"))?.etag ?? "";
    await putObject("uploads", "x", "two", "text/plain");
    await expect(openObject("uploads", "x", { etag })).rejects.toMatchObject({ code: "storage.object_changed" });
  });

  it("lets one of two conditional writes win", async () => {
    const write = () => putObject("uploads", "y", "1", "text/plain", { onlyIfAbsent: true });
    const won = await Promise.all([write(), write(), write()]);
    expect(won.filter(Boolean)).toHaveLength(1);
  });
});

describe("the list of jobs", () => {
  it("has every job once, newest first, whatever the size of its pages", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 7; n++) ids.unshift((await announce(1)).jobId);
    await announce(1, {}, "other");
    // A content-addressed id says nothing of its time.
    ids.unshift((await announce(1, { sha256: "0".repeat(64) })).jobId);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 9 }), async (limit) => {
        const seen: string[] = [];
        for (let cursor: string | null | undefined; cursor !== null; ) {
          const page = await listJobs(defaultTenant, { limit, cursor: cursor ?? undefined });
          expect(page.jobs.length).toBeLessThanOrEqual(limit);
          seen.push(...page.jobs.map(({ jobId }) => jobId));
          cursor = page.cursor;
        }
        expect(seen).toEqual(ids);
      }),
      { numRuns: 9 },
    );
  });

  it("can be asked for one state, and from one time on", async () => {
    const { jobId: old } = await announce(1);
    await updateJob(refOf(old), () => ({ status: "failed" }));
    const sinceMs = Date.parse((await readJob(refOf(old))).createdAt) + 1;
    await new Promise((resolve) => setTimeout(resolve, 5));
    const { jobId } = await announce(1);
    const idsOf = async (query: object) =>
      (await listJobs(defaultTenant, { limit: 10, ...query })).jobs.map((job) => job.jobId);
    expect(await idsOf({ statuses: ["failed"] })).toEqual([old]);
    expect(await idsOf({ sinceMs })).toEqual([jobId]);
  });
});
