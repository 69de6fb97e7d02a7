import { memo } from "preact/compat";
import type { Transcript } from "../api/types.ts";
import { clock, spokenTime } from "../format.ts";
import { strings } from "../strings.ts";

export type Segment = Transcript["segments"][number];

/** A piece of text that can be played from: a word, or all of a segment whose words have no times. */
export type Spot = { startMs: number; endMs: number; text: string };

export function spotsOf({
  words,
  text,
  startMs,
  endMs,
}: Pick<Segment, "words" | "text" | "startMs" | "endMs">): Spot[] {
  return words && words.length > 0 ? words : [{ startMs, endMs, text }];
}

type Props = { segment: Segment; edited: boolean };

/** One segment as text. Drawn once: what is being played is marked on the elements, without drawing anew. */
export const SegmentText = memo(function SegmentText({ segment, edited }: Props) {
  const { id, startMs, language, hallucination, voice } = segment;
  return (
    <li class="segment" data-segment={id} lang={language === "und" ? undefined : language}>
      <span class="at" aria-hidden="true">
        {clock(startMs)}
      </span>
      <p>
        {spotsOf(segment).map((spot) => {
          const space = /^\s/.test(spot.text) ? " " : "";
          return (
            <>
              {space}
              <button
                type="button"
                class="spot"
                tabIndex={-1}
                data-start={spot.startMs}
                title={clock(spot.startMs, true)}
                aria-label={spot.text.length > 40 ? undefined : `${spot.text.trim()}, ${spokenTime(spot.startMs)}`}
              >
                {spot.text.trim()}
              </button>
            </>
          );
        })}
        {edited && <span class="tag">{strings.transcript.edited}</span>}
        {hallucination?.verdict === "likely" && (
          <span class="tag doubtful" title={strings.transcript.doubtfulTitle}>
            {strings.transcript.doubtful}
          </span>
        )}
        {voice && voice.verdict !== "uncertain" && (
          <span class={`tag ${voice.verdict}`}>{strings.voice.verdicts[voice.verdict]}</span>
        )}
      </p>
    </li>
  );
});
