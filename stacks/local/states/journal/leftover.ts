import { existsSync } from "node:fs";
import { DamagedJournal, readLastRecord, recoverRecords } from "./reader.ts";
import type { Ended, JournalRecord } from "./record.ts";
import { type Replay, replay } from "./replay.ts";

/** What a process that is gone left of an execution. */
export type Leftover =
  /** Its start was never acknowledged. */
  | { readonly kind: "unborn" }
  | { readonly kind: "damaged"; readonly reason: string }
  | { readonly kind: "ended"; readonly ended: Ended; readonly stopDate: string | undefined }
  | { readonly kind: "running"; readonly started: NonNullable<Replay["started"]>; readonly root: Replay["root"] };

/** How an execution ended; undefined where its journal is gone. */
export async function readEnd(path: string): Promise<Ended | undefined> {
  return existsSync(path) ? (await readLastRecord<JournalRecord>(path))?.ended : undefined;
}

/** Reads an execution's journal; a line that was cut off by the end of the process is removed from it. */
export async function readLeftover(path: string): Promise<Leftover> {
  if (!existsSync(path)) return { kind: "unborn" };
  let known: Replay;
  try {
    known = await replay(recoverRecords<JournalRecord>(path));
  } catch (error) {
    if (error instanceof DamagedJournal) return { kind: "damaged", reason: error.message };
    throw error;
  }
  const { started, root } = known;
  if (!started) return { kind: "unborn" };
  if (!root.ended) return { kind: "running", started, root };
  const last = await readLastRecord<JournalRecord>(path);
  return { kind: "ended", ended: root.ended, stopDate: last?.events.at(-1)?.timestamp };
}
