import WaveSurfer from "wavesurfer.js";
import type { Peaks } from "../api/types.ts";
import type { Playback } from "./playback.ts";

type Parts = {
  container: HTMLElement;
  media: HTMLMediaElement | undefined;
  peaks: Peaks;
  playback: Playback;
};

/**
 * Draws how loud the audio is, from peaks that the service measured: nothing is fetched or decoded here, however long the file.
 * @returns ends it
 */
export function drawWaveform({ container, media, peaks, playback }: Parts): () => void {
  const colour = (name: string) => getComputedStyle(container).getPropertyValue(name).trim();
  const colours = () => ({
    waveColor: colour("--wave"),
    progressColor: colour("--accent"),
    cursorColor: colour("--ink"),
  });
  const loudest = Math.max(1, ...peaks.peaks);
  const wave = WaveSurfer.create({
    ...{ container, ...colours(), height: 72, barWidth: 2, barGap: 1, barRadius: 2, cursorWidth: 1 },
    ...(media ? { media } : {}),
    peaks: [peaks.peaks.map((peak) => peak / loudest)],
    duration: peaks.durationMs / 1000,
    normalize: false,
    dragToSeek: true,
  });
  wave.on("interaction", (seconds) => playback.seek(seconds * 1000));
  // It follows the element's events; what happened before it was there, and what happens without an element, it has to be told.
  wave.on("ready", () => playback.atMs > 0 && wave.setTime(playback.atMs / 1000));
  const unfollow = media ? () => undefined : playback.onTime((atMs) => wave.setTime(atMs / 1000));
  // Colours are copied into a canvas, which does not follow the page's.
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  const repaint = () => wave.setOptions(colours());
  scheme.addEventListener("change", repaint);
  return () => {
    scheme.removeEventListener("change", repaint);
    unfollow();
    wave.destroy();
  };
}
