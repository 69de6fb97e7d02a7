import type { Transcript } from "../api/types.ts";
import { strings } from "../strings.ts";

const formats = ["srt", "vtt", "txt", "json"] as const;

export function SaveAs({ transcript, title }: { transcript: Transcript; title: string }) {
  return (
    <span class="save">
      <span aria-hidden="true">{strings.transcript.save}</span>
      {formats.map((format) => (
        <button
          key={format}
          type="button"
          aria-label={strings.transcript.saveAs(format.toUpperCase())}
          onClick={() => import("./export.ts").then(({ save }) => save(transcript, format, title))}
        >
          {format.toUpperCase()}
        </button>
      ))}
    </span>
  );
}
