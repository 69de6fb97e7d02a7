import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { newJobId, parseTenantId } from "../../layers/core/index.ts";
import { ytDlpPath } from "../../layers/fetch/index.ts";
import { StandIn } from "../../layers/fetch/stand-in.fixture.ts";
import { createJob, type JobOptions, jobOptionsSchema, keys } from "../../layers/storage/index.ts";
import { jobRecord } from "../../test/support/job.ts";
import { openTestS3 } from "../../test/support/s3.ts";
import { handler } from "./fetch.ts";

const heights = { "/tall.mp4": 1080, "/middle.mp4": 480, "/small.mp4": 240 };
const sources = Object.entries(heights).map(
  ([path, height]) => `<source src="${path}" type="video/mp4" height="${height}">`,
);
const page = `<!doctype html><html><title>x</title><body><video>${sources.join("")}</video></body></html>`;

let storage: AsyncDisposable;
let site: StandIn;
beforeAll(async () => {
  storage = await openTestS3();
  const film = await readFile(join(import.meta.dirname, "..", "..", "samples", "digits.mp4"));
  site = await StandIn.start((request, response) => void response.end(request.url === "/page" ? page : film));
  vi.stubEnv("FETCH_ALLOW_HOSTS", site.host);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await storage[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
});
beforeEach(() => {
  site.requests.length = 0;
});

async function fetchPage(given: Partial<JobOptions>): Promise<void> {
  const ref = { tenant: parseTenantId("default"), jobId: newJobId() };
  const options = jobOptionsSchema.parse({ url: site.url("/page"), ...given });
  const upload = { key: keys.upload(ref), sizeBytes: 0 };
  await createJob(jobRecord({ ...ref, status: "queued", upload, fileName: "page", options }));
  const executionName = `${ref.jobId}-test`;
  const job = { ...ref, bucket: "uploads", key: upload.key, etag: "", sizeBytes: 0, options, webhook: false };
  const event = { job, executionName, workPrefix: keys.workPrefix(executionName) };
  await handler(event, { getRemainingTimeInMillis: () => 120_000 });
}

const absent = ytDlpPath() === undefined;
describe.skipIf(absent)(`a page with one film in three heights${absent ? " (yt-dlp is not installed)" : ""}`, () => {
  it.each([
    ["480 unless it is set", undefined, {}, "/middle.mp4"],
    ["as it is set", "1080", {}, "/tall.mp4"],
    ["as it is set, however low", "300", {}, "/small.mp4"],
    ["lower, where the job asks for that", "1080", { maxHeight: 360 }, "/small.mp4"],
  ])("MAX_HEIGHT is the tallest that is fetched: %s", async (_, setting, options, expected) => {
    vi.stubEnv("MAX_HEIGHT", setting);
    await fetchPage(options);
    expect(Object.keys(heights).filter((path) => site.asked(path) > 0)).toEqual([expected]);
  });
});
