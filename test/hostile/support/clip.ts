import { readFile } from "node:fs/promises";
import { samplesOf } from "./bytes.ts";
import { type Kitchen, spoken, spokenMs } from "./kitchen.ts";
import type { Heard } from "./row.ts";

/** The clip, whole and understood; lossy codecs may add a frame or two. */
export const whole: Heard = { durationMs: spokenMs, withinMs: 130, says: spoken };
export const speechIn =
  (name: string, ...options: string[]) =>
  (kitchen: Kitchen) =>
    kitchen.speechAs(name, ...options);
export const aac = ["-c:a", "aac", "-b:a", "96k"];
export const inFragments = ["-movflags", "frag_keyframe+empty_moov", "-frag_duration", "500000"];
export const notMedia = "media.not_media";
/** What a file may be refused as when its end is missing. */
export const cutOff = [notMedia, "media.no_audio", "media.decode_failed"] as const;

export async function samples(kitchen: Kitchen): Promise<Buffer> {
  return samplesOf(await readFile(await kitchen.speech()));
}
