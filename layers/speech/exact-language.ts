import { type ActivityFrame, joinSpans, VoiceActivityDetector } from "../audio/index.ts";
import type { SpeechModel } from "../inference/index.ts";
import { contentEndMs, exactFeatures, type PcmSource } from "./exact-audio.ts";
import { listen, type WindowLanguage } from "./language.ts";
import { chooseLanguageWindows, languageWindowCount, majorityLanguage } from "./language-windows.ts";
import type { SpeechSpan } from "./options.ts";

/** A file is searched for speech in such portions, and no further than this. */
const portionMs = 30_000;
const searchMs = 600_000;

/**
 * Hears the language of a whole file before it is decoded. The reference hears the first 30 seconds, whatever is in them; here
 * it is the first windows with speech, each padded with the mel of silence and normalised by the file's maximum.
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
  const windows = speech ? chooseLanguageWindows(speech, sizes) : await searchForSpeech(audio, sizes);
  const heard = [];
  for (const [startMs, endMs] of windows) {
    signal?.throwIfAborted();
    const mel = await exactFeatures(audio, manifest, { startMs, endMs }, { melMaximum, filling: "silence" });
    using encoded = await model.encode(mel, manifest.maxFrames);
    heard.push(await listen(model, encoded));
  }
  return majorityLanguage(heard);
}

async function searchForSpeech(
  audio: PcmSource,
  sizes: { windowMs: number; durationMs: number },
): Promise<SpeechSpan[]> {
  const detector = new VoiceActivityDetector();
  const frames: ActivityFrame[] = [];
  const endMs = Math.min(sizes.durationMs, searchMs);
  const chosen = () => {
    const speech = joinSpans(frames).filter(({ kind }) => kind === "speech");
    return chooseLanguageWindows(
      speech.map((span) => [span.startMs, span.endMs] as const),
      sizes,
    );
  };
  for (let at = 0; at < endMs; at += portionMs) {
    frames.push(...detector.push(await audio.read(at, Math.min(at + portionMs, endMs))));
    const windows = chosen();
    if (windows.length === languageWindowCount && at + portionMs >= windows.at(-1)![1]) return windows;
  }
  frames.push(...detector.flush());
  return chosen();
}
