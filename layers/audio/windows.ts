import { type ActivityFrame, type ActivitySpan, frameMs, joinSpans, SpanJoiner } from "./activity.ts";
import { msToSamples } from "./pcm.ts";
import { PcmQueue } from "./pcm-queue.ts";

export type WindowPlannerOptions = {
  /** No window is longer: the model's own window. */
  windowMs: number;
  /** Silence at least this long is a place to cut. */
  minSilenceMs?: number;
  /** Silence kept before and after what is in a window, where there is that much. */
  padMs?: number;
  /** Silence at least this long ends a window and is left out. */
  maxSilenceInsideMs?: number;
  /** What tells speech and sound from silence, in frames of 10 ms. */
  detector: Detector;
};

/** Gives one frame after the other for the samples pushed, later or at once, and the rest at `flush`. */
export type Detector = { push(pcm: Float32Array): Promise<ActivityFrame[]>; flush(): Promise<ActivityFrame[]> };

export type PlannedWindow = {
  index: number;
  startMs: number;
  endMs: number;
  /** Where in the recording (not in the window) speech was detected. */
  speech: [startMs: number, endMs: number][];
  /** The highest probability of a voice in it. */
  voice: number;
  /** s16le of exactly [startMs, endMs): 32 bytes a millisecond. */
  pcm: Uint8Array;
};

/** Audio is taken in such portions, so that one long chunk needs no more memory than a short one. */
const portionSamples = 16_000;

/**
 * A window without any frame above this has no voice in it, and is left out. Silero's own thresholds are 0.5 and 0.35: this is for the
 * voice that is hardly there.
 */
export const minVoice = 0.15;

/**
 * Cuts a recording into windows while it streams by. Windows are in order, do not overlap, are never longer than `windowMs`, and
 * together hold every frame of speech and all sound around it; those in which there is sound and no voice are left out. They begin and
 * end in silence where there is any: a full window is cut in the longest silence of its second half, else of its first; where there is
 * none, in the longest stretch without speech, and where speech never pauses at the quietest 20 ms of its last fifth.
 * Memory: one window, what the detector still thinks about (about a second), and a portion.
 */
export class WindowPlanner {
  readonly #detector: Detector;
  readonly #windowFrames: number;
  readonly #minSilenceFrames: number;
  readonly #padFrames: number;
  readonly #maxSilenceFrames: number;
  readonly #queue = new PcmQueue();
  readonly #joiner = new SpanJoiner();
  #activity: ActivitySpan[] = [];
  /** The open window's frames; while none is open, the last silence before the next. */
  #frames: ActivityFrame[] = [];
  #open = false;
  #silentTail = 0;
  #count = 0;

  constructor(options: WindowPlannerOptions) {
    const { windowMs, minSilenceMs = 200, padMs = 100, maxSilenceInsideMs = 1000 } = options;
    this.#windowFrames = Math.floor(windowMs / frameMs);
    this.#minSilenceFrames = Math.max(1, Math.ceil(minSilenceMs / frameMs));
    this.#padFrames = Math.floor(padMs / frameMs);
    this.#maxSilenceFrames = Math.max(1, Math.ceil(maxSilenceInsideMs / frameMs));
    if (this.#windowFrames < 10 || this.#padFrames * 4 > this.#windowFrames) {
      throw new RangeError(`A window of ${windowMs} ms with ${padMs} ms around it leaves no room for speech.`);
    }
    this.#detector = options.detector;
  }

  /** The windows that are complete after `pcm` (16 kHz mono, any length). Write them out before pushing more. */
  async push(pcm: Float32Array): Promise<PlannedWindow[]> {
    const windows: PlannedWindow[] = [];
    for (let at = 0; at < pcm.length; at += portionSamples) {
      const portion = pcm.subarray(at, at + portionSamples);
      this.#queue.push(portion);
      this.#take(await this.#detector.push(portion), windows);
    }
    return windows;
  }

  /** The last windows. The planner is spent afterwards. */
  async flush(): Promise<PlannedWindow[]> {
    const windows: PlannedWindow[] = [];
    this.#take(await this.#detector.flush(), windows);
    if (this.#open) this.#emit(this.#frames.length - Math.max(0, this.#silentTail - this.#padFrames), windows);
    this.#frames = [];
    this.#open = false;
    const last = this.#joiner.flush();
    if (last) this.#activity.push(last);
    return windows;
  }

  /** The activity spans that were completed since the last call; after `flush` they partition the whole recording. */
  takeActivity(): ActivitySpan[] {
    const activity = this.#activity;
    this.#activity = [];
    return activity;
  }

  #take(frames: ActivityFrame[], windows: PlannedWindow[]): void {
    for (const frame of frames) {
      const span = this.#joiner.push(frame);
      if (span) this.#activity.push(span);
      this.#frames.push(frame);
      this.#silentTail = frame.kind === "silence" ? this.#silentTail + 1 : 0;
      if (!this.#open) this.#open = frame.kind !== "silence";
      if (!this.#open) this.#keepFrom(Math.max(0, this.#frames.length - this.#padFrames));
      else if (this.#silentTail >= this.#maxSilenceFrames) {
        const soundEnd = this.#frames.length - this.#silentTail;
        const end = soundEnd + Math.min(this.#padFrames, this.#silentTail);
        this.#close(end, end, windows);
      } else if (this.#frames.length === this.#windowFrames) {
        const { end, next } = this.#cut();
        this.#close(end, next, windows);
      }
    }
    this.#queue.dropBefore(msToSamples(this.#frames[0]?.startMs ?? 0));
  }

  /** Ends the open window before frame `end`; the next one may begin at frame `next`. */
  #close(end: number, next: number, windows: PlannedWindow[]): void {
    this.#emit(end, windows);
    this.#keepFrom(next);
    const firstSound = this.#frames.findIndex(({ kind }) => kind !== "silence");
    this.#open = firstSound >= 0;
    const silent = this.#open ? firstSound : this.#frames.length;
    this.#keepFrom(Math.max(0, silent - this.#padFrames));
    this.#silentTail = Math.min(this.#silentTail, this.#frames.length);
  }

  #keepFrom(frame: number): void {
    if (frame > 0) this.#frames.splice(0, frame);
  }

  /** Gives out the frames before `end` as a window, if there is a voice in them. */
  #emit(end: number, windows: PlannedWindow[]): void {
    const frames = this.#frames.slice(0, end);
    const voice = frames.reduce((highest, frame) => Math.max(highest, frame.voice), 0);
    const speech = joinSpans(frames).filter(({ kind }) => kind === "speech");
    if (voice <= minVoice && speech.length === 0) return;
    const startMs = frames[0]!.startMs;
    const { endMs } = frames.at(-1)!;
    windows.push({
      index: this.#count++,
      startMs,
      endMs,
      speech: speech.map((span) => [span.startMs, span.endMs]),
      voice,
      pcm: this.#queue.bytes(msToSamples(startMs), msToSamples(endMs)),
    });
  }

  /** Where a full window ends, and where the next begins: the padding of both lies in the silence between them. */
  #cut(): { end: number; next: number } {
    const silence = this.#bestGap(({ kind }) => kind === "silence");
    if (silence) {
      const { start, end } = silence;
      const pad = Math.min(this.#padFrames, Math.floor((end - start) / 2));
      return { end: start + pad, next: Math.max(start + pad, end - pad) };
    }
    // Sound goes on: as a rule the quietest is a closure or a breath.
    const { start, end } = this.#bestGap(({ kind }) => kind !== "speech") ?? {
      start: Math.ceil(this.#frames.length * 0.8),
      end: this.#frames.length,
    };
    const at = this.#quietest(start, end);
    return { end: at, next: at };
  }

  /** The longest gap in the second half of the window, else in its first. */
  #bestGap(isGap: (frame: ActivityFrame) => boolean): Gap | undefined {
    const gaps = this.#gaps(isGap);
    const late = gaps.filter((gap) => gap.start >= this.#windowFrames / 2);
    const [best] = (late.length > 0 ? late : gaps).sort(
      (a, b) => b.end - b.start - (a.end - a.start) || a.levelDb - b.levelDb || b.start - a.start,
    );
    return best;
  }

  /** Stretches long enough to cut in, without the one that the window begins with. */
  #gaps(isGap: (frame: ActivityFrame) => boolean): Gap[] {
    const gaps: Gap[] = [];
    const frames = this.#frames;
    for (let start = 0; start < frames.length; ) {
      let end = start;
      let level = 0;
      while (end < frames.length && isGap(frames[end]!)) level += frames[end++]!.levelDb;
      const length = end - start;
      if (start > 0 && length >= this.#minSilenceFrames) gaps.push({ start, end, levelDb: level / length });
      start = end + 1;
    }
    return gaps;
  }

  /** The middle of the quietest 20 ms of [start, end). */
  #quietest(start: number, end: number): number {
    const frames = this.#frames;
    const power = (i: number) => 10 ** (frames[i]!.levelDb / 10);
    let best = end;
    let least = Infinity;
    for (let i = start + 1; i < end; i++) {
      const sum = power(i - 1) + power(i);
      if (sum < least) {
        least = sum;
        best = i;
      }
    }
    return best;
  }
}

/** Frames [start, end) of the open window, and how loud they are on average. */
type Gap = { start: number; end: number; levelDb: number };
