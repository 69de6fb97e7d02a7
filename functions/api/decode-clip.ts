import { Readable } from "node:stream";
import { bytesPerSample, samplesToMs } from "../../layers/audio/index.ts";
import { type ByteSource, chooseAudioTrack, decodePcm, probeMedia } from "../../layers/media/index.ts";

export type DecodedClip = {
  /** 16 kHz mono s16le. */
  pcm: Buffer;
  durationMs: number;
  /** Where the audio begins on the container's clock. */
  startMs: number;
  warnings: string[];
};

/**
 * Decodes a clip that one request brought. What of it is voice says infer, which has the models.
 * @throws MediaError `media.not_media`, `media.no_audio`, `media.too_long`, `media.decode_failed`, `media.timeout`
 */
export async function decodeClip(audio: Buffer, { longestMs }: { longestMs: number }): Promise<DecodedClip> {
  const limits = { maxDurationMs: longestMs, probeTimeoutMs: 8_000, decodeTimeoutMs: 15_000 };
  const source = bufferSource(audio);
  const info = await probeMedia(source, { limits });
  await using decoder = decodePcm(source, {
    audioTrack: chooseAudioTrack(info, {}).index,
    demuxer: info.demuxer,
    declaredDurationMs: info.durationEstimated ? null : info.durationMs,
    limits,
  });
  const chunks: Buffer[] = [];
  for await (const chunk of decoder.stdout) chunks.push(chunk);
  const { warnings } = await decoder.done;
  const decoded = Buffer.concat(chunks);
  const samples = Math.floor(decoded.length / bytesPerSample);
  const pcm = decoded.subarray(0, samples * bytesPerSample);
  return { pcm, durationMs: samplesToMs(samples), startMs: info.startMs, warnings };
}

function bufferSource(bytes: Buffer): ByteSource {
  return {
    sizeBytes: bytes.length,
    read: async (start, endExclusive) => Readable.from([bytes.subarray(start, endExclusive)]),
  };
}
