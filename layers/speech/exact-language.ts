import type { SpeechModel } from "../inference/index.ts";
import { contentEndMs, exactFeatures, type PcmSource } from "./exact-audio.ts";
import { listen, type WindowLanguage } from "./language.ts";
import { chooseLanguageWindows, majorityLanguage } from "./language-windows.ts";
import type { SpeechSpan } from "./options.ts";

/**
 * Hears the language of a whole file before it is decoded. The reference hears the first 30 seconds, whatever is in them; here
 * it is the first windows with speech, each padded with the mel of silence and normalised by the file's maximum. Where nobody says where
 * speech is, all of the file is taken for it.
 */
export async function hearFileLanguage(
  model: SpeechModel,
  audio: PcmSource,
  {
    melMaximum,
    speech,
    signal,
  }: { melMaximum: number; speech?: readonly SpeechSpan[] | undefined; signal?: AbortSignal | undefined },
): Promise<WindowLanguage> {
  const { manifest } = model;
  const sizes = { windowMs: manifest.windowMs, durationMs: contentEndMs(audio, manifest) };
  const windows = chooseLanguageWindows(speech ?? [[0, sizes.durationMs]], sizes);
  const heard = [];
  for (const [startMs, endMs] of windows) {
    signal?.throwIfAborted();
    const mel = await exactFeatures(audio, manifest, { startMs, endMs }, { melMaximum, filling: "silence" });
    using encoded = await model.encode(mel, manifest.maxFrames);
    heard.push(await listen(model, encoded));
  }
  return majorityLanguage(heard);
}
