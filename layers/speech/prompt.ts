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
 * What stands behind `<|startofprev|>`: hotwords first, then what is carried from window to window, then the end of what was said
 * before. Together they fit. Hotwords get at most half, so that there is always room for the context (faster-whisper adds one to the
 * other without a common limit); carried text comes before what was said, and of itself gives up its beginning.
 */
export function windowPrompt(
  manifest: Pick<ModelManifest, "maxTargetPositions">,
  {
    hotwords,
    carried = [],
    previous,
  }: { hotwords: readonly number[]; carried?: readonly number[]; previous: readonly number[] },
): number[] {
  const room = promptRoom(manifest);
  const context = carried.length + previous.length;
  const first = hotwords.slice(0, context > 0 ? room >> 1 : room);
  const kept = endOf(carried, room - first.length);
  return [...first, ...kept, ...endOf(previous, room - first.length - kept.length)];
}

/** `slice(-0)` would be everything. */
function endOf(tokens: readonly number[], count: number): readonly number[] {
  return count > 0 ? tokens.slice(-count) : [];
}
