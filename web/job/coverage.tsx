import { unrecognisedStretches } from "../../layers/transcript/browser.ts";
import type { Transcript } from "../api/types.ts";
import { clock, percent } from "../format.ts";
import { strings } from "../strings.ts";
import type { Playback } from "./playback.ts";

const kinds = ["speech", "silence", "other", "unrecognised", "failed"] as const;

/** A reason's code in words; a message stands for itself. */
export const reasonText = (reason: string) => strings.coverage.reasons[reason] ?? reason;

/** The ledger: what became of every second, and what is missing with the reason. */
export function Coverage({ transcript, playback }: { transcript: Transcript; playback: Playback }) {
  const { ledger, source } = transcript;
  const failed = ledger.intervals.filter(({ kind }) => kind === "failed");
  const unrecognised = unrecognisedStretches(ledger.intervals);
  return (
    <section class="coverage" aria-labelledby="coverage">
      <h2 id="coverage">{strings.coverage.title}</h2>
      <p class="hint">{strings.coverage.lead}</p>
      <dl>
        {kinds
          .filter((kind) => (kind !== "failed" && kind !== "unrecognised") || ledger.totalsMs[kind] > 0)
          .map((kind) => (
            <div key={kind} class={kind}>
              <dt>{strings.coverage.kinds[kind]}</dt>
              <dd>
                {clock(ledger.totalsMs[kind], true)}
                <span> {percent(source.durationMs > 0 ? ledger.totalsMs[kind] / source.durationMs : 0)}</span>
              </dd>
            </div>
          ))}
      </dl>
      <Places title={strings.coverage.unrecognised} places={unrecognised} playback={playback} />
      <Places title={strings.coverage.failed} places={failed} playback={playback} />
    </section>
  );
}

type Place = { startMs: number; endMs: number; reason?: string | undefined };

/** Stretches of the recording, each played by a click; nothing where there are none. */
function Places({ title, places, playback }: { title: string; places: readonly Place[]; playback: Playback }) {
  if (places.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul class="places">
        {places.map(({ startMs, endMs, reason }) => {
          const stretch = `${clock(startMs, true)}–${clock(endMs, true)}`;
          return (
            <li key={startMs}>
              <button
                type="button"
                aria-label={strings.coverage.play(stretch)}
                onClick={() => playback.playFrom(startMs)}
              >
                {stretch}
              </button>{" "}
              {reasonText(reason ?? "")}
            </li>
          );
        })}
      </ul>
    </>
  );
}
