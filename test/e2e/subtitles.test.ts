import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { halfgig } from "./support/cli.ts";
import { type DemoHost, openDemoHost } from "./support/demo-host.ts";
import { sample } from "./support/media.ts";
import { send, spokenWords } from "./support/send.ts";

let demo: DemoHost;
let jobId: string;
beforeAll(async () => {
  demo = await openDemoHost();
  jobId = await send(demo.api, sample.english, { words: true });
  await demo.api.wait(jobId, () => undefined);
});
afterAll(() => demo[Symbol.asyncDispose]());

const get = (file: string) =>
  fetch(`${demo.host.url}/v1/jobs/${jobId}/${file}`, { headers: { authorization: `Bearer ${demo.host.accessToken}` } });

describe("GET /v1/jobs/{jobId}/transcript.{srt,vtt} with a layout", () => {
  it("SPEECH 24: lays the cues out by the query, and the words stay the same", async () => {
    const plain = await demo.api.transcript(jobId, "srt");
    const reply = await get("transcript.srt?max_line_width=9");
    expect(reply.status).toBe(200);
    expect(reply.headers.get("content-type")).toBe("application/x-subrip; charset=utf-8");
    const narrow = await reply.text();
    expect(narrow).toMatch(/^one two\nthree$/m);
    expect(spokenWords(narrow)).toBe(spokenWords(plain));

    const two = await demo.api.transcript(jobId, "vtt", { maxWordsPerLine: 2 });
    expect(two).toMatch(/^WEBVTT\n\n[\d:.]+ --> [\d:.]+\none two\n\n[\d:.]+ --> [\d:.]+\nthree\n\n/);
  });

  it("SPEECH 24: underlines each word while it is spoken, in the words' own times", async () => {
    const highlighted = await demo.api.transcript(jobId, "vtt", { highlightWords: true });
    const marked = [...highlighted.matchAll(/<u>(.*?)<\/u>/g)].map(([, word]) => word);
    expect(marked.join(" ")).toBe(spokenWords(await demo.api.transcript(jobId, "srt")));
    const { segments } = JSON.parse(await demo.api.transcript(jobId, "json"));
    for (const { text, startMs, endMs, words } of segments) {
      expect(
        words
          .map((word: { text: string }) => word.text)
          .join("")
          .trim(),
      ).toBe(text);
      expect(words[0].startMs).toBeGreaterThanOrEqual(startMs);
      expect(words.at(-1).endMs).toBeLessThanOrEqual(endMs);
    }
  });

  it.each([
    ["transcript.srt?max_line_width=wide", "max_line_width"],
    ["transcript.vtt?max_line_count=2", "max_line_count"],
    ["transcript.srt?max_lines=2", "max_lines"],
    ["transcript.txt?max_line_width=9", "max_line_width"],
    ["transcript.srt?max_line_width=9&max_line_width=10", "max_line_width"],
  ])("refuses %s and names what is wrong", async (file, parameter) => {
    const reply = await get(file);
    expect(reply.status).toBe(400);
    const problem = (await reply.json()) as { code: string; detail: string };
    expect(problem.code).toBe("request.invalid");
    expect(problem.detail).toContain(parameter);
  });
});

describe("halfgig --max-line-width", () => {
  it("SPEECH 24: lays out subtitles and leaves other formats alone", async () => {
    const directory = await mkdtemp(join(tmpdir(), "halfgig-subtitles-"));
    try {
      const output = join(directory, "out");
      const args = [
        sample.english,
        "--model",
        "demo",
        "--data",
        join(directory, "data"),
        "-f",
        "srt,txt",
        "-o",
        output,
      ];
      const ran = await halfgig([...args, "--max-line-width", "9", "--max-line-count", "1"]);
      expect(ran.status, ran.stderr).toBe(0);
      expect(await readFile(join(output, "digits.srt"), "utf8")).toMatch(/one two\n\n2\n[\d:,]+ --> [\d:,]+\nthree\n/);
      expect(await readFile(join(output, "digits.txt"), "utf8")).toContain("one two three\n");
      const wrong = await halfgig([...args, "--max-line-count", "1"]);
      expect([wrong.status, wrong.stderr.split("\n")[0]]).toEqual([
        2,
        "halfgig: --max-line-count needs --max-line-width too.",
      ]);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
