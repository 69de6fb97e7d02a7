import { useState } from "preact/hooks";
import { messageOf } from "../api/client.ts";
import type { Transcript } from "../api/types.ts";
import { strings } from "../strings.ts";
import { part } from "../ui/part.ts";

const formats = ["srt", "vtt", "txt", "json"] as const;

type Props = { transcript: Transcript; title: string; keepDoubtful: boolean };

export function SaveAs({ transcript, title, keepDoubtful }: Props) {
  const [error, setError] = useState<string>();
  async function saveAs(format: (typeof formats)[number]) {
    setError(undefined);
    try {
      const { save } = await part(import("./export.ts"));
      save(transcript, format, { title, keepDoubtful });
    } catch (failure) {
      setError(messageOf(failure));
    }
  }
  return (
    <span class="save">
      <span aria-hidden="true">{strings.transcript.save}</span>
      {formats.map((format) => (
        <button
          key={format}
          type="button"
          aria-label={strings.transcript.saveAs(format.toUpperCase())}
          onClick={() => saveAs(format)}
        >
          {format.toUpperCase()}
        </button>
      ))}
      {error && (
        <span class="error" role="alert">
          {error}
        </span>
      )}
    </span>
  );
}
