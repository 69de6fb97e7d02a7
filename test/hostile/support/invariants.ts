import { expect } from "vitest";
import { errorCodes } from "../../../layers/core/errors.ts";
import type { ErrorCode } from "../../../layers/core/index.ts";
import type { JobRecord } from "../../../layers/storage/index.ts";
import { transcriptSchema } from "../../../layers/transcript/index.ts";
import type { ReadTranscript } from "../../e2e/support/send.ts";

/** What holds for every transcript, whatever was sent: the ledger partitions the audio, and words are in order and inside. */
export function expectSound(transcript: ReadTranscript): void {
  const { source } = transcriptSchema.parse(transcript);
  let atMs = 0;
  for (const { startMs, endMs, kind, reason } of transcript.ledger.intervals) {
    expect(startMs, "the ledger has a gap or an overlap").toBe(atMs);
    expect(endMs).toBeGreaterThan(startMs);
    if (kind === "failed") expect(reason, "a failure without a reason").toBeTruthy();
    atMs = endMs;
  }
  expect(atMs, "the ledger ends where the audio does").toBe(source.durationMs);
  let lastMs = 0;
  for (const { startMs, endMs, words } of transcript.segments) {
    expect(startMs).toBeGreaterThanOrEqual(lastMs);
    expect(endMs).toBeLessThanOrEqual(source.durationMs);
    let wordMs = startMs;
    for (const word of words ?? []) {
      expect(word.startMs).toBeGreaterThanOrEqual(wordMs);
      expect(word.endMs).toBeGreaterThanOrEqual(word.startMs);
      wordMs = word.endMs;
    }
    expect(wordMs).toBeLessThanOrEqual(endMs);
    lastMs = endMs;
  }
}

/** What a person sees of a failure: a code of the table, a sentence about the file, advice, and nothing of this machine. */
export function expectClear(job: JobRecord, codes: readonly ErrorCode[]): void {
  const { error } = job;
  expect(codes, `${job.fileName}: ${error?.code} ${error?.message}`).toContain(error?.code);
  expect(Object.keys(errorCodes)).toContain(error?.code);
  expect(error?.message.length).toBeGreaterThan(20);
  expect(error?.advice.length).toBeGreaterThan(10);
  expect(error?.message).not.toMatch(/127\.0\.0\.1|0x[0-9a-f]{5}|\/tmp\/|\/work\/|node_modules|undefined|\[object/);
}

/** Letters and digits alone: how a text is spelt is not what these rows are about. */
export const plain = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, " ")
    .trim();
