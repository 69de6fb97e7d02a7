import type { Readable } from "node:stream";
import { MediaError } from "../core/index.ts";
import { Ffmpeg, inputArguments } from "./ffmpeg.ts";
import { type MediaLimits, mediaLimits } from "./limits.ts";
import { tooLong } from "./probe.ts";
import { RangeServer } from "./range-server.ts";
import type { ByteSource } from "./source.ts";

const bytesPerMs = 32; // 16 kHz, 16 bits
/** Audio held back at most while the time of the first packet is not known: more than any one packet decodes to. */
const leadHoldBytes = 1024 * 1024;

export type DecodeOptions = {
  /** ffmpeg's stream index: `AudioTrack.index`. */
  audioTrack: number;
  /** `MediaInfo.demuxer`. */
  demuxer: string;
  /** `MediaInfo.durationMs`, left out where it is an estimate: what was decoded is compared with it. */
  declaredDurationMs?: number | null;
  limits?: Partial<MediaLimits>;
  signal?: AbortSignal;
};

export type DecodeResult = {
  samples: number;
  decodedMs: number;
  /** Silence in front, where the audio begins after the container's start. Part of `samples`. */
  leadMs: number;
  /** There is clearly less audio than the file declares. */
  truncated: boolean;
  warnings: string[];
  bytesRead: number;
};

/**
 * Decodes one audio track in a single pass to 16 kHz mono s16le. Nothing starts before `stdout` is iterated, and ffmpeg
 * waits while the consumer does. Sample n lies n / 16 ms after `MediaInfo.startMs` on the source's clock: a late start and
 * gaps between packets become silence, packets that go back in time follow one another, and no audio is dropped.
 *
 * Iteration throws, and `done` rejects with, MediaError `media.decode_failed` (nothing could be decoded, or the decoder died),
 * `media.timeout`, `media.too_long`; the reason of an aborted signal; and whatever the source throws.
 */
export function decodePcm(source: ByteSource, options: DecodeOptions): PcmDecoder {
  return new PcmDecoder(source, options);
}

export class PcmDecoder implements AsyncDisposable {
  readonly stdout: AsyncIterable<Buffer>;
  readonly done: Promise<DecodeResult>;
  readonly #settle: PromiseWithResolvers<DecodeResult> = Promise.withResolvers();
  readonly #abort = new AbortController();
  readonly #iterator: AsyncGenerator<Buffer, void, void>;

  constructor(source: ByteSource, options: DecodeOptions) {
    this.done = this.#settle.promise;
    this.done.catch(() => {});
    this.#iterator = this.#run(source, options);
    this.stdout = this.#iterator;
  }

  async *#run(source: ByteSource, options: DecodeOptions): AsyncGenerator<Buffer, void, void> {
    const signal = options.signal ? AbortSignal.any([options.signal, this.#abort.signal]) : this.#abort.signal;
    try {
      this.#settle.resolve(yield* decode(source, options, signal));
    } catch (error) {
      this.#settle.reject(error);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort(new MediaError("media.decode_failed", "The decode was stopped before its end."));
    await this.#iterator.return().catch(() => {});
    this.#settle.reject(this.#abort.signal.reason);
  }
}

async function* decode(
  source: ByteSource,
  options: DecodeOptions,
  signal: AbortSignal,
): AsyncGenerator<Buffer, DecodeResult, void> {
  const limits = mediaLimits(options.limits);
  await using server = await RangeServer.start(source);
  await using ffmpeg = new Ffmpeg(decodeArguments(server.url, options, limits.maxDurationMs), {
    logLevel: "error",
    timeoutMs: limits.decodeTimeoutMs,
    signal,
    pipes: true,
  });
  const lead = firstPacketMs(ffmpeg.side).then((ms) => Math.min(Math.max(ms, 0), limits.maxDurationMs));
  let leadMs: number | null = null;
  void lead.then((ms) => {
    leadMs = ms;
  });
  let stalled = false;
  const stop = () => {
    stalled = true;
    ffmpeg.kill();
  };
  // The first packet's time comes on a pipe of its own. The first audio is held back for it, up to a bound.
  const held: Buffer[] = [];
  let heldBytes = 0;
  let bytes = 0;
  let started = false;
  for await (const chunk of withStallTimer(ffmpeg.stdout, limits.stallTimeoutMs, stop)) {
    bytes += chunk.length;
    if (bytes > limits.maxDurationMs * bytesPerMs) throw tooLong(bytes / bytesPerMs, limits.maxDurationMs);
    if (!started && leadMs === null && heldBytes < leadHoldBytes) {
      held.push(chunk);
      heldBytes += chunk.length;
      continue;
    }
    if (!started) {
      started = true;
      leadMs ??= 0;
      yield* silence(leadMs);
      yield* held.splice(0);
    }
    yield chunk;
  }
  const { code, signal: killedBy } = await ffmpeg.exit;
  signal.throwIfAborted();
  if (server.error !== null) throw server.error;
  if (stalled || ffmpeg.timedOut) throw timeout(stalled, limits);
  const reason = ffmpeg.lastComplaint();
  if (killedBy !== null)
    throw failed(`The decoder was killed (${killedBy}) after ${seconds(bytes / bytesPerMs)}`, reason);
  if (bytes === 0) throw failed("No audio could be decoded from the file", reason);
  if (!started) {
    leadMs = await lead;
    yield* silence(leadMs);
    yield* held;
  }
  const decodedMs = (leadMs ?? 0) + bytes / bytesPerMs;
  if (decodedMs > limits.maxDurationMs) throw tooLong(decodedMs, limits.maxDurationMs);
  const { truncated, warnings } = review({ code, decodedMs, reason, errorLines: ffmpeg.errorLines }, options);
  const samples = ((leadMs ?? 0) * bytesPerMs + bytes) / 2;
  return {
    samples,
    decodedMs: Math.ceil(decodedMs),
    leadMs: leadMs ?? 0,
    truncated,
    warnings,
    bytesRead: server.bytesServed,
  };
}

/**
 * `asetpts` keeps packets that go back in time (rolling or reset clocks) by moving them behind what was there;
 * `aresample` then fills what is missing with silence. Streams of bare frames have no clock, only a count: theirs is left alone,
 * because a change of the sample rate would read as gaps.
 */
const clockFilters = [
  "asetpts='st(1,max(PTS,ld(0)));st(0,ld(1)+NB_SAMPLES);ld(1)'",
  "aresample=async=1:min_hard_comp=0.1",
];
const bareFrames = ["mp3", "aac", "ac3", "eac3", "amr"];

function decodeArguments(url: string, { demuxer, audioTrack }: DecodeOptions, maxDurationMs: number): string[] {
  const monoFilter = "aformat=sample_fmts=s16:sample_rates=16000:channel_layouts=mono";
  const filters = bareFrames.includes(demuxer) ? [monoFilter] : [monoFilter, ...clockFilters];
  const track = ["-map", `0:${audioTrack}`, "-vn", "-sn", "-dn"];
  // One second over the limit, so that the limit itself can be told from what is beyond it.
  const cap = ((maxDurationMs + 1000) / 1000).toFixed(3);
  return [
    ...inputArguments(url, [demuxer]),
    ...[...track, "-af", filters.join(","), "-ac", "1", "-ar", "16000", "-t", cap, "-f", "s16le", "pipe:1"],
    ...[...track, "-c", "copy", "-frames:a", "1", "-flush_packets", "1", "-f", "framecrc", "pipe:3"],
  ];
}

/** The time of the first packet after the container's start, from ffmpeg's framecrc output; 0 where there is none. */
async function firstPacketMs(side: Readable): Promise<number> {
  let text = "";
  try {
    for await (const chunk of side.setEncoding("latin1")) {
      text = (text + chunk).slice(-4096);
      const base = /^#tb 0: (\d+)\/(\d+)$/m.exec(text);
      const packet = /^0, *-?\d+, *(-?\d+),.*\n/m.exec(text);
      if (base && packet) return Math.round((Number(packet[1]) * Number(base[1]) * 1000) / Number(base[2]));
    }
  } catch {
    // The pipe breaks when ffmpeg is killed; that is reported where the audio is read.
  }
  return 0;
}

async function* withStallTimer(stream: Readable, stallMs: number, onStall: () => void): AsyncGenerator<Buffer> {
  const iterator = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const timer = setTimeout(onStall, stallMs);
      const next = await iterator.next().finally(() => clearTimeout(timer));
      if (next.done) return;
      yield next.value as Buffer;
    }
  } finally {
    await iterator.return?.();
  }
}

function* silence(ms: number): Generator<Buffer> {
  const blockBytes = 32 * 1024;
  for (let left = ms * bytesPerMs; left > 0; left -= blockBytes) yield Buffer.alloc(Math.min(left, blockBytes));
}

type Outcome = { code: number | null; decodedMs: number; reason: string; errorLines: number };

/** What a finished decode has to say about itself. */
function review(outcome: Outcome, { declaredDurationMs }: DecodeOptions): { truncated: boolean; warnings: string[] } {
  const { code, decodedMs, reason, errorLines } = outcome;
  const warnings: string[] = [];
  let truncated = false;
  if (declaredDurationMs) {
    const missingMs = declaredDurationMs - decodedMs;
    truncated = missingMs > Math.max(1000, declaredDurationMs * 0.02);
    if (truncated) {
      const found = `${seconds(decodedMs)} of the declared ${seconds(declaredDurationMs)}`;
      warnings.push(`Audio was found for ${found}: the file is cut off, or its audio is shorter than its video.`);
    }
  }
  if (code !== 0) {
    truncated = true;
    warnings.push(`The decoder gave up after ${seconds(decodedMs)}: ${reason}.`);
  } else if (errorLines > 0) {
    warnings.push(`The decoder skipped damaged parts (${errorLines} messages; the last: ${reason}).`);
  }
  return { truncated, warnings };
}

function timeout(stalled: boolean, limits: MediaLimits): MediaError {
  const message = stalled
    ? `The decoder gave nothing for ${seconds(limits.stallTimeoutMs)} and was stopped. Convert the file first, or try again.`
    : `The decode was not done after ${seconds(limits.decodeTimeoutMs)} and was stopped. Try a shorter file.`;
  return new MediaError("media.timeout", message);
}

function failed(what: string, reason: string): MediaError {
  const advice = "Play it on your computer to see whether it is damaged, or convert it to another format.";
  return new MediaError("media.decode_failed", `${what} (${reason}). ${advice}`, { context: { reason } });
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
