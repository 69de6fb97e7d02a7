import { Readable } from "node:stream";
import { type ActivitySpan, PcmReader, type PlannedWindow, type WindowPlanner } from "../../layers/audio/index.ts";
import { type ByteSource, chooseAudioTrack, decodePcm, probeMedia } from "../../layers/media/index.ts";

export type DecodedClip = {
  /** Each with its samples: together not more than the clip. */
  windows: PlannedWindow[];
  activity: ActivitySpan[];
  durationMs: number;
  /** Where the audio begins on the container's clock. */
  startMs: number;
  warnings: string[];
};

/**
 * Decodes a clip that one request brought, and cuts it into windows as the workflow does.
 * @param onPcm gets all of it as it comes: 16 kHz mono s16le
 * @throws MediaError `media.not_media`, `media.no_audio`, `media.too_long`, `media.decode_failed`, `media.timeout`
 */
export async function decodeClip(
  audio: Buffer,
  { planner, longestMs, onPcm }: { planner: WindowPlanner; longestMs: number; onPcm?: (chunk: Buffer) => void },
): Promise<DecodedClip> {
  const limits = { maxDurationMs: longestMs, probeTimeoutMs: 8_000, decodeTimeoutMs: 15_000 };
  const source = bufferSource(audio);
  const info = await probeMedia(source, { limits });
  await using decoder = decodePcm(source, {
    audioTrack: chooseAudioTrack(info, {}).index,
    demuxer: info.demuxer,
    declaredDurationMs: info.durationEstimated ? null : info.durationMs,
    limits,
  });
  const reader = new PcmReader();
  const windows: PlannedWindow[] = [];
  const activity: ActivitySpan[] = [];
  for await (const chunk of decoder.stdout) {
    onPcm?.(chunk);
    windows.push(...planner.push(reader.push(chunk)));
    activity.push(...planner.takeActivity());
  }
  windows.push(...planner.flush());
  activity.push(...planner.takeActivity());
  const { warnings } = await decoder.done;
  return { windows, activity, durationMs: activity.at(-1)?.endMs ?? 0, startMs: info.startMs, warnings };
}

function bufferSource(bytes: Buffer): ByteSource {
  return {
    sizeBytes: bytes.length,
    read: async (start, endExclusive) => Readable.from([bytes.subarray(start, endExclusive)]),
  };
}
