import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../../cli/client.ts";
import { table } from "../../cli/tables.ts";
import type { JobOptions } from "../../layers/storage/index.ts";
import { type ServedHost, serve } from "../e2e/support/cli.ts";
import { send } from "../e2e/support/send.ts";
import { judgeLoops, judgeText, ledgerFaults, loopAllowance, type Segment, timeFaults } from "./judge.ts";
import { MemoryWatch } from "./memory.ts";
import { type Recording, writeRecording } from "./recording.ts";

/** SOAK_MINUTES makes it shorter while one works on it. */
const minutes = Number(process.env.SOAK_MINUTES ?? 120);
const hostLimitMiB = 250;

type Mode = {
  mode: JobOptions["mode"];
  options: Partial<JobOptions>;
  /** The function that runs the model. */
  worker: string;
  wordErrorLimit: number;
  /** One language is decoded throughout: what is said in the one that came out best is judged. */
  oneLanguage: boolean;
};
const modes: Mode[] = [
  { mode: "parallel", options: { words: true }, worker: "infer", wordErrorLimit: 0.15, oneLanguage: false },
  {
    mode: "exact",
    // The demo model was trained without prompts and cannot follow one.
    options: { mode: "exact", words: true, conditionOnPreviousText: false },
    worker: "transcribe",
    // Windows end where they happen to: inside words, in music.
    wordErrorLimit: 0.5,
    oneLanguage: true,
  },
];

type Ledger = { intervals: { startMs: number; endMs: number; kind: string }[]; totalsMs: Record<string, number> };
type Transcript = {
  mode: string;
  source: { durationMs: number };
  segments: Segment[];
  ledger: Ledger;
};

let directory: string;
let recording: Recording;
let host: ServedHost;
const summary: (string | number)[][] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-soak-"));
  recording = await writeRecording(join(directory, "long.wav"), minutes, "soak 1");
  host = await serve(join(directory, "data"), { MAX_VIDEO_SIZE_MB: "512" });
});

afterAll(async () => {
  await host?.kill("SIGTERM");
  if (recording) console.info(`\n${minutes} minutes, ${recording.utterances.length} utterances, ${recording.voices}`);
  const header = [
    "mode",
    "minutes",
    "segments",
    "words",
    "WER %",
    "invented",
    "missed",
    "memory MiB by thirds",
    "host MiB",
  ];
  console.info(table(header, summary));
  await rm(directory, { recursive: true, force: true });
});

describe(`a recording of ${minutes} minutes`, () => {
  it.each(modes)("goes through in $mode mode: complete, in order, without loops, in flat memory", async (run) => {
    const { mode, options, worker, wordErrorLimit, oneLanguage } = run;
    const startedAt = performance.now();
    using memory = await MemoryWatch.start(host.pid, join(directory, "data", "serve"));
    const api = new ApiClient(host.api, host.token);
    const jobId = await send(api, join(directory, "long.wav"), options);
    const job = await api.wait(jobId, () => undefined);
    expect(job.error).toBeUndefined();
    expect(job.status).toBe("done");
    const took = (performance.now() - startedAt) / 60_000;
    const transcript = JSON.parse(await api.transcript(jobId, "json")) as Transcript;
    const { segments, ledger, source } = transcript;
    const text = oneLanguage ? bestLanguage(segments) : judgeText(segments, recording);
    const courses = await memory.courses(worker);
    summary.push([
      mode,
      took.toFixed(1),
      segments.length,
      text.spokenWords,
      (100 * text.wordErrorRate).toFixed(1),
      text.inventedWords,
      text.missedUtterances,
      courses.map(({ name, thirds, peak }) => `${name} ${thirds.join("/")} (${peak})`).join(", "),
      Math.round(memory.hostPeakMiB),
    ]);

    expect(transcript.mode).toBe(mode);
    expect(source.durationMs).toBe(recording.durationMs);
    expect(ledgerFaults(ledger.intervals, source.durationMs)).toEqual([]);
    expect(ledger.totalsMs.failed ?? 0).toBe(0);
    expect(timeFaults(segments, source.durationMs)).toEqual([]);
    const loops = judgeLoops(segments, recording);
    expect(loops.heard.segments).toBeLessThanOrEqual(loops.said.segments + loopAllowance.segments);
    expect(loops.heard.words).toBeLessThanOrEqual(loops.said.words + loopAllowance.words);
    expect(text.wordErrorRate).toBeLessThan(wordErrorLimit);
    expect(memory.hostPeakMiB).toBeGreaterThan(20);
    expect(memory.hostPeakMiB).toBeLessThan(hostLimitMiB);
    expect(courses.length).toBeGreaterThan(0);
    for (const { name, thirds } of courses) {
      // A leak of 10 KiB a window would show as 8 MiB over two hours.
      expect(thirds[2], name).toBeLessThanOrEqual(thirds[1] * 1.05 + 2);
    }
  });
});

/** A file of four languages may be called none of them, so the transcript cannot be asked which it was. */
function bestLanguage(segments: readonly Segment[]) {
  const spoken = [...new Set(recording.utterances.map(({ language }) => language))];
  const judged = spoken.map((language) => judgeText(segments, recording, language));
  return judged.reduce((best, one) => (one.wordErrorRate < best.wordErrorRate ? one : best));
}
