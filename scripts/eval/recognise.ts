import { pcmFromBytes, WindowPlanner } from "../../layers/audio/index.ts";
import type { SpeechModel } from "../../layers/inference/index.ts";
import { type Tokenizer, transcribeWindow, type WindowOptions } from "../../layers/speech/index.ts";
import { Silero, sileroPath, VoiceActivityDetector } from "../../layers/voice-activity/index.ts";
import type { Item } from "./compose.ts";

export type Recogniser = {
  model: SpeechModel;
  tokenizer: Tokenizer;
  options?: Partial<WindowOptions>;
  /** Cut at silence first, as the workflow's split step does; otherwise the recording is one window. */
  split?: boolean;
};

/** What was made of one recording. */
export type Heard = {
  text: string;
  /** Of the first window with speech; `und` where there is none. */
  language: string;
  silent: boolean;
  /** From the first segment's start to the last one's end. */
  startMs: number | undefined;
  endMs: number | undefined;
};

type Piece = { startMs: number; pcm: Float32Array };

/** Sends a recording through features, decoding rules and fallback, as the function that infers does. */
export async function recognise(recogniser: Recogniser, { pcm }: Item): Promise<Heard> {
  const { model, tokenizer, options = {} } = recogniser;
  const { windowMs } = model.manifest;
  const heard: Heard = { text: "", language: "und", silent: true, startMs: undefined, endMs: undefined };
  for (const piece of recogniser.split ? await cutAtSilence(pcm, windowMs) : [{ startMs: 0, pcm }]) {
    const result = await transcribeWindow(model, tokenizer, piece.pcm, { task: "transcribe", ...options });
    if (result.silent) continue;
    heard.silent = false;
    if (heard.language === "und") heard.language = result.language.code;
    for (const { startMs, endMs, text } of result.segments) {
      heard.text += ` ${text}`;
      heard.startMs ??= piece.startMs + startMs;
      heard.endMs = piece.startMs + endMs;
    }
  }
  return heard;
}

async function cutAtSilence(pcm: Float32Array, windowMs: number): Promise<Piece[]> {
  await using silero = await Silero.open(sileroPath);
  const detector = new VoiceActivityDetector(silero);
  const planner = new WindowPlanner({ detector, windowMs, maxSilenceInsideMs: windowMs / 10 });
  return [...(await planner.push(pcm)), ...(await planner.flush())].map((window) => ({
    startMs: window.startMs,
    pcm: pcmFromBytes(window.pcm),
  }));
}
