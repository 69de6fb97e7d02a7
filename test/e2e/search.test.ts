import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { halfgig } from "./support/cli.ts";
import { type DemoHost, openDemoHost } from "./support/demo-host.ts";
import { sample } from "./support/media.ts";
import { sendAndWait, sendWithTranscript } from "./support/send.ts";

const srt = `1
00:00:01,000 --> 00:00:04,000
The committee met on Tuesday to talk about the harvest.

2
00:00:05,000 --> 00:00:08,000
Grapes were late this year, because of the cold spring.

3
00:00:11,500 --> 00:00:13,000
<script>alert("next")</script> ships in May.
`;

let demo: DemoHost;
beforeAll(async () => {
  demo = await openDemoHost();
});
afterAll(() => demo[Symbol.asyncDispose]());

const request = (method: string, path: string, body?: unknown) =>
  fetch(demo.host.url + path, {
    method,
    headers: { authorization: `Bearer ${demo.host.accessToken}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

type Found = {
  passages: {
    jobId: string;
    fileName: string;
    startMs: number;
    endMs: number;
    text: string;
    media: string;
    snippet: { text: string; highlights: { start: number; end: number }[] };
  }[];
  next: number | null;
};

async function search(query: string): Promise<Found> {
  const reply = await request("GET", `/v1/search?${query}`);
  expect(reply.status, await reply.clone().text()).toBe(200);
  return (await reply.json()) as Found;
}

/** Waits for the step after the transcript. */
async function indexed(jobId: string): Promise<void> {
  for (;;) {
    if ((await search(`q=x&job=${jobId}`)).passages.length > 0) return;
    await sleep(100);
  }
}

describe("search over what was said", () => {
  let jobId: string;
  beforeAll(async () => {
    const job = await sendWithTranscript(demo.api, sample.english, {
      format: "srt",
      text: srt,
      directory: demo.directory,
    });
    expect(job.error?.message ?? job.status).toBe("done");
    jobId = job.jobId;
    await indexed(jobId);
  });

  it("finds a passage with its file, its second and what answers to the query", async () => {
    const { passages } = await search("q=late%20grapes");
    expect(passages[0]).toMatchObject({ jobId, fileName: "digits.mp4", media: `/v1/jobs/${jobId}/media#t=1` });
    const { snippet } = passages[0]!;
    expect(snippet.highlights.map(({ start, end }) => snippet.text.slice(start, end))).toEqual(["Grapes", "late"]);
    // Text is text: nobody has to trust a file's words as HTML.
    expect(passages[0]!.text).toContain('<script>alert("next")</script>');
  });

  it("answers by quoting where no language model is configured, with citations at their seconds", async () => {
    const reply = await request("POST", "/v1/ask", { question: "Why were the grapes late?" });
    expect(reply.status).toBe(200);
    expect(await reply.json()).toMatchObject({
      by: "extract",
      model: null,
      text: expect.stringContaining("Grapes were late this year, because of the cold spring."),
      citations: [{ number: 1, jobId, fileName: "digits.mp4", startMs: 1000, media: `/v1/jobs/${jobId}/media#t=1` }],
      notes: [expect.stringContaining("No language model is configured")],
    });
    expect((await request("POST", "/v1/ask", { question: " " })).status).toBe(400);
  });

  it("refuses by name what it does not know", async () => {
    for (const [query, name] of [
      ["", "q"],
      ["q=a&limit=1000", "limit"],
      ["q=a&job=../x", "job"],
      ["q=a&voice=real", "voice"],
      ["q=a&since=soon", "since"],
      ["q=a&tenant=other", "tenant"],
    ]) {
      const reply = await request("GET", `/v1/search?${query}`);
      expect(reply.status).toBe(query!.includes("job=") ? 404 : 400);
      if (reply.status === 400) expect(((await reply.json()) as { detail: string }).detail).toContain(name);
    }
    expect((await fetch(`${demo.host.url}/v1/search?q=grapes`)).status).toBe(401);
  });

  it("finds what the model heard, pages through it, and makes the index anew", async () => {
    const heard = await sendAndWait(demo.api, sample.english);
    await indexed(heard.jobId);
    const first = await search("q=one%20two%20three&limit=1");
    expect(first).toMatchObject({ passages: [{ jobId: heard.jobId }], next: 1 });
    const second = await search("q=one%20two%20three&limit=1&offset=1");
    expect(second).toMatchObject({ passages: [{ jobId }], next: null });

    const cleared = await request("POST", "/v1/search/reindex", { clear: true });
    expect(await cleared.json()).toMatchObject({
      passages: 0,
      embedding: null,
      embedsWith: { id: "lexical-1", lexical: true },
    });
    expect((await search("q=one")).passages).toEqual([]);
    const reply = await request("POST", "/v1/search/reindex", { jobId: heard.jobId });
    expect(await reply.json()).toEqual({ count: 1, next: 1 });
    expect((await search("q=one")).passages.map((passage) => passage.jobId)).toEqual([heard.jobId]);
    expect((await request("POST", "/v1/search/reindex", { jobId })).status).toBe(200);
  });

  it("forgets a job that is deleted", async () => {
    expect((await search("q=grapes")).passages.some((passage) => passage.jobId === jobId)).toBe(true);
    expect((await request("DELETE", `/v1/jobs/${jobId}`)).status).toBe(204);
    expect((await search("q=grapes")).passages.some((passage) => passage.jobId === jobId)).toBe(false);
    expect(await (await request("GET", `/v1/search?q=grapes&job=${jobId}`)).json()).toMatchObject({ passages: [] });
  });
});

describe("where the index cannot be written", () => {
  it("the job is done all the same, and its record says so", async () => {
    await using broken = await openDemoHost();
    const path = join(broken.directory, "data", "search");
    await mkdir(path, { recursive: true });
    await writeFile(join(path, "passages.db"), "this is no database".repeat(300));
    const job = await sendAndWait(broken.api, sample.english);
    expect(job.status).toBe("done");
    let record = job;
    while (!record.warnings?.some((warning) => warning.includes("search"))) {
      await sleep(100);
      record = await broken.api.job(job.jobId);
    }
    expect(record).toMatchObject({ status: "done", warnings: [expect.stringContaining("cannot be found by search")] });
    expect(await broken.api.transcript(job.jobId, "txt")).toContain("one two three");
    const reply = await fetch(`${broken.host.url}/v1/search?q=one`, {
      headers: { authorization: `Bearer ${broken.host.accessToken}` },
    });
    expect(reply.status).toBe(503);
    expect(await reply.json()).toMatchObject({ code: "search.unavailable" });
  });
});

describe("on the command line", () => {
  it("searches, asks and reindexes what was transcribed", async () => {
    const data = join(demo.directory, "command-line");
    const own = (...argv: string[]) => halfgig([...argv, "--data", data], { WHISPER_MODEL: "demo" });
    const nothing = await own("search", "grapes");
    expect(nothing).toMatchObject({ status: 1, stderr: expect.stringContaining("There is nothing to search") });

    const transcriptPath = join(demo.directory, "talk.srt");
    await writeFile(transcriptPath, srt);
    const sent = await own(sample.english, "--transcript", transcriptPath, "--model", "demo");
    expect(sent.status, sent.stderr).toBe(0);
    const found = await own("search", "late grapes", "--limit", "3");
    expect(found.stdout).toMatch(/^digits\.mp4 {2}00:00:01\.000 – 00:00:13\.000 {2}j\w{22}\n {2}The committee met/);
    expect(found).toMatchObject({ status: 0, stdout: expect.stringContaining("Compared by spelling") });
    const asked = await own("ask", "Why were the grapes late?", "--json");
    expect(JSON.parse(asked.stdout)).toMatchObject({ by: "extract", citations: [{ fileName: "digits.mp4" }] });
    expect(await own("reindex")).toMatchObject({ status: 0, stdout: "1 passages of 1 recordings\n" });
    expect((await own("search", "zebra", "--language", "de")).stdout).toBe("Nothing was found.\n");
    expect(await own("search")).toMatchObject({ status: 2, stderr: expect.stringContaining("takes what to look for") });
  });
});
