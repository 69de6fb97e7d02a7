import { chunkSamples } from "./silero.ts";
import { hop } from "./spectrum.ts";

export type GateOptions = {
  /** Speech begins with a probability of so much; Silero's own default. */
  threshold?: number;
  /** It goes on down to this one; Silero's own default is 0.15 below the other. */
  lowerThreshold?: number;
  /** Speech shorter than this is none. */
  minSpeechChunks?: number;
  /** Speech reaches this far before and after itself: the model hears an onset and an ending late and early. */
  preRollFrames?: number;
  postRollFrames?: number;
};

export type GatedFrame = { voice: number; isSpeech: boolean };

/** Makes a decision per frame of 10 ms of the probabilities of 32 ms each, while they come in. */
export class SpeechGate {
  readonly #options: Required<GateOptions>;
  /** Frames that are not given out yet, and those before them that a decision looks back at. */
  readonly #frames: GatedFrame[] = [];
  /** The number of the first of them. */
  #first = 0;
  #given = 0;
  #chunks = 0;
  #last = 0;
  /** Where the speech that goes on began; undefined while there is none. */
  #speechFrom: { chunk: number; frame: number } | undefined;

  constructor(options: GateOptions = {}) {
    this.#options = { ...gateDefaults, ...options };
  }

  /** The frames that are decided once the next chunk's probability is known. */
  push(probability: number): GatedFrame[] {
    const { threshold, lowerThreshold, minSpeechChunks, preRollFrames } = this.#options;
    const began = this.#speechFrom;
    if (!began && probability >= threshold) this.#speechFrom = { chunk: this.#chunks, frame: this.#known };
    if (began && probability < lowerThreshold) {
      if (this.#chunks - began.chunk < minSpeechChunks) this.#forget(began.frame);
      this.#speechFrom = undefined;
    }
    this.#chunks += 1;
    this.#last = probability;
    // A frame takes the chunk that its middle lies in.
    while (this.#known * hop + hop / 2 < this.#chunks * chunkSamples) this.#add(probability);
    const open = this.#speechFrom;
    const isDoubtful = open && this.#chunks - open.chunk < minSpeechChunks;
    return this.#give((isDoubtful ? open.frame : this.#known) - preRollFrames);
  }

  /** The remaining frames, up to the number that the recording has. */
  flush(frames: number): GatedFrame[] {
    const open = this.#speechFrom;
    if (open && this.#chunks - open.chunk < this.#options.minSpeechChunks) this.#forget(open.frame);
    while (this.#known < frames) this.#add(this.#last);
    return this.#give(frames);
  }

  /** How many frames have a probability. */
  get #known(): number {
    return this.#first + this.#frames.length;
  }

  #add(voice: number): void {
    this.#frames.push({ voice, isSpeech: this.#speechFrom !== undefined });
  }

  #forget(from: number): void {
    for (const frame of this.#frames.slice(from - this.#first)) frame.isSpeech = false;
  }

  #give(until: number): GatedFrame[] {
    const { preRollFrames, postRollFrames } = this.#options;
    const given: GatedFrame[] = [];
    for (; this.#given < until; this.#given++) {
      const at = this.#given - this.#first;
      const around = this.#frames.slice(Math.max(0, at - postRollFrames), at + preRollFrames + 1);
      given.push({ voice: this.#frames[at]!.voice, isSpeech: around.some(({ isSpeech }) => isSpeech) });
    }
    const past = Math.max(0, this.#given - postRollFrames - this.#first);
    this.#frames.splice(0, past);
    this.#first += past;
    return given;
  }
}

const gateDefaults: Required<GateOptions> = {
  threshold: 0.5,
  lowerThreshold: 0.35,
  minSpeechChunks: 1,
  preRollFrames: 10,
  postRollFrames: 20,
};
