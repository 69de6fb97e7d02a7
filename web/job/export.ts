import { printedSegments, renderJson, renderSrt, renderTxt, renderVtt } from "../../layers/transcript/browser.ts";
import type { Transcript } from "../api/types.ts";

export const exportFormats = ["srt", "vtt", "txt", "json"] as const;
export type ExportFormat = (typeof exportFormats)[number];

const types: Record<ExportFormat, string> = {
  srt: "application/x-subrip",
  vtt: "text/vtt",
  txt: "text/plain;charset=utf-8",
  json: "application/json",
};

/**
 * The same bytes as the service's own files, from the transcript as it is on the page.
 * @param keepDoubtful whether the texts have lines that are judged invented; the JSON has them in any case
 */
export function render(transcript: Transcript, format: ExportFormat, keepDoubtful: boolean): Blob {
  const segments = printedSegments(transcript.segments, { keepDoubtful });
  const parts = {
    srt: () => renderSrt(segments),
    vtt: () => renderVtt(segments),
    txt: () => renderTxt(segments),
    json: () => renderJson(transcript),
  }[format]();
  return new Blob([...parts], { type: types[format] });
}

/** Saves under the recording's name. */
export function save(
  transcript: Transcript,
  format: ExportFormat,
  { title, keepDoubtful }: { title: string; keepDoubtful: boolean },
): void {
  const url = URL.createObjectURL(render(transcript, format, keepDoubtful));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${title.replace(/\.[a-z0-9]{2,4}$/i, "") || "transcript"}.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
