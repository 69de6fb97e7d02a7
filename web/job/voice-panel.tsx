import type { Transcript } from "../api/types.ts";
import { percent } from "../format.ts";
import { strings } from "../strings.ts";

/** The verdict on the voices, what it means, and what it rests on. */
export function VoicePanel({ voice }: { voice: NonNullable<Transcript["voice"]> }) {
  const { verdict, reasons, score, judgedShare, model } = voice;
  return (
    <section class="voice-panel" aria-labelledby="voice">
      <h2 id="voice">{strings.voice.title}</h2>
      <p class={`verdict ${verdict}`}>
        <strong>{strings.voice.verdicts[verdict]}</strong>
        {model.demo && <span class="tag">{strings.job.demo}</span>}
      </p>
      <p>{strings.voice.meaning[verdict]}</p>
      {reasons.length > 0 && (
        <ul>
          {reasons.map(({ code, message }) => (
            <li key={code}>{message}</li>
          ))}
        </ul>
      )}
      {model.demo && <p class="demo-note">{strings.voice.demo}</p>}
      <details>
        <summary>{strings.voice.details}</summary>
        {score !== null && <p>{strings.voice.score(percent(score))}</p>}
        <p>{strings.voice.judged(percent(judgedShare))}</p>
        {model.notes.map((note) => (
          <p key={note}>{note}</p>
        ))}
        <p class="hint">
          {model.id} {model.precision}
        </p>
      </details>
    </section>
  );
}
