import { z } from "zod";
import { windowScoreSchema } from "../../layers/voice/index.ts";

/** What a window's result says about its voices; `skipped` where the answer was settled without it. */
export const windowVoiceSchema = z.object({ scores: z.array(windowScoreSchema), skipped: z.boolean() });
export type WindowVoice = z.output<typeof windowVoiceSchema>;

const resultSchema = z.object({ voice: windowVoiceSchema });

/** @param result as it is stored */
export const saysVoice = (result: unknown): boolean => resultSchema.safeParse(result).success;

/** What the windows of one file say about its voices, gathered while their results are read. */
export class VoiceResults {
  readonly #byIndex = new Map<number, WindowVoice>();
  #damaged = 0;

  /** @param result as it is stored */
  add(index: number, result: unknown): void {
    const parsed = resultSchema.safeParse(result);
    if (parsed.success) this.#byIndex.set(index, parsed.data.voice);
    else this.#damaged++;
  }

  get(index: number): WindowVoice | undefined {
    return this.#byIndex.get(index);
  }

  get size(): number {
    return this.#byIndex.size;
  }

  /** Results that say nothing about voices, or nothing that can be read. */
  get damaged(): number {
    return this.#damaged;
  }
}
