import type { ActivityFrame, Detector } from "../audio/index.ts";
import { type GatedFrame, type GateOptions, SpeechGate } from "./gate.ts";
import { type SileroRun, VoiceProbabilities } from "./silero.ts";
import { SoundDetector, type SoundFrame } from "./sound.ts";

/**
 * Streaming voice activity detection on 16 kHz mono audio in constant memory; every 10 ms is called speech, other sound or silence.
 * What is speech says Silero VAD; what else is sound, and how loud it is, a noise floor. Decisions come up to 1.5 s late, and do not
 * depend on how the audio is cut into chunks.
 */
export class VoiceActivityDetector implements Detector {
  readonly #probabilities: VoiceProbabilities;
  readonly #gate: SpeechGate;
  readonly #sound = new SoundDetector();
  #soundFrames: SoundFrame[] = [];
  #gated: GatedFrame[] = [];
  #given = 0;

  /** @param silero stays the caller's, who disposes it when the detector is spent */
  constructor(silero: SileroRun, options: GateOptions = {}) {
    this.#probabilities = new VoiceProbabilities(silero);
    this.#gate = new SpeechGate(options);
  }

  /** Decisions that have become possible. `pcm` may have any length. */
  async push(pcm: Float32Array): Promise<ActivityFrame[]> {
    this.#soundFrames.push(...this.#sound.push(pcm));
    for (const probability of await this.#probabilities.push(pcm)) this.#gated.push(...this.#gate.push(probability));
    return this.#give();
  }

  /** The remaining decisions, to the last sample. The detector is spent afterwards. */
  async flush(): Promise<ActivityFrame[]> {
    this.#soundFrames.push(...this.#sound.flush());
    for (const probability of await this.#probabilities.flush()) this.#gated.push(...this.#gate.push(probability));
    this.#gated.push(...this.#gate.flush(this.#given + this.#soundFrames.length));
    return this.#give();
  }

  /** The frames of which both halves are known. */
  #give(): ActivityFrame[] {
    const count = Math.min(this.#soundFrames.length, this.#gated.length);
    const gated = this.#gated.splice(0, count);
    this.#given += count;
    return this.#soundFrames.splice(0, count).map((frame, i) => {
      const { voice, isSpeech } = gated[i]!;
      return { ...frame, kind: isSpeech ? "speech" : frame.kind, voice };
    });
  }
}

/** Where no model may run (SKIP_AI_MODELS): sound and silence, and nothing said of voices. */
export class SoundOnlyDetector implements Detector {
  readonly #sound = new SoundDetector();

  async push(pcm: Float32Array): Promise<ActivityFrame[]> {
    return this.#sound.push(pcm).map((frame) => ({ ...frame, voice: 0 }));
  }

  async flush(): Promise<ActivityFrame[]> {
    return this.#sound.flush().map((frame) => ({ ...frame, voice: 0 }));
  }
}
