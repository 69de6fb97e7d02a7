import type { ModelManifest } from "../inference/index.ts";
import { promptRoom } from "./decode.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Text before a window, as tokens. */
export type Prompts = { initial: number[]; hotwords: number[] };

/** `tokenizer.encode(" " + initial_prompt.strip())`, and the same for hotwords. Nothing is loaded where neither is given. */
export async function encodePrompts(
  tokenizer: Tokenizer,
  { initialPrompt, hotwords }: { initialPrompt?: string | undefined; hotwords?: string | undefined },
): Promise<Prompts> {
  const encode = async (text = "") => (text.trim() === "" ? [] : tokenizer.encode(` ${text.trim()}`));
  return { initial: await encode(initialPrompt), hotwords: await encode(hotwords) };
}

/**
 * What stands behind `<|startofprev|>`: hotwords first, then the end of what was said before. Together they fit; hotwords get at
 * most half, so that there is always room for the context. (faster-whisper adds one to the other without a common limit.)
 */
export function windowPrompt(
  manifest: Pick<ModelManifest, "maxTargetPositions">,
  hotwords: readonly number[],
  previous: readonly number[],
): number[] {
  const room = promptRoom(manifest);
  const first = hotwords.slice(0, previous.length > 0 ? room >> 1 : room);
  const left = room - first.length;
  return [...first, ...(left > 0 ? previous.slice(-left) : [])];
}
