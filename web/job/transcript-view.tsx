import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { printedSegments } from "../../layers/transcript/browser.ts";
import type { Transcript } from "../api/types.ts";
import { clock } from "../format.ts";
import { strings } from "../strings.ts";
import { type Edits, withEdits } from "./edits.ts";
import { marker, moveByKey } from "./follow.ts";
import type { Playback } from "./playback.ts";
import { SaveAs } from "./save-as.tsx";
import { type Segment, SegmentText } from "./transcript-text.tsx";

type Props = {
  title: string;
  transcript: Transcript;
  edits: Edits;
  onEdits: (edits: Edits) => void;
  keepDoubtful: boolean;
  onKeepDoubtful: (keep: boolean) => void;
  playback: Playback;
};

/** The text: to read along, to play from, to correct and to save. */
export function TranscriptView(props: Props) {
  const { title, transcript, edits, onEdits, keepDoubtful, onKeepDoubtful, playback } = props;
  const [editing, setEditing] = useState(false);
  const [follow, setFollow] = useState(true);
  const edited = useMemo(() => withEdits(transcript, edits), [transcript, edits]);
  const printed = useMemo(() => printedSegments(edited.segments, { keepDoubtful }), [edited, keepDoubtful]);
  const doubtful = edited.segments.length - printedSegments(edited.segments).length;
  const count = Object.keys(edits).length;
  return (
    <section class="transcript" aria-labelledby="transcript">
      <div class="bar">
        <h2 id="transcript">{strings.transcript.title}</h2>
        <label class="check">
          <input type="checkbox" checked={follow} onChange={(event) => setFollow(event.currentTarget.checked)} />
          {strings.transcript.follow}
        </label>
        <button type="button" aria-pressed={editing} onClick={() => setEditing(!editing)}>
          {editing ? strings.transcript.editDone : strings.transcript.edit}
        </button>
        {count > 0 && (
          <button type="button" class="quiet" onClick={() => onEdits({})}>
            {strings.transcript.discard}
          </button>
        )}
        <SaveAs transcript={edited} title={title} keepDoubtful={keepDoubtful} />
      </div>
      <p class="hint">{editing ? strings.transcript.editHint : strings.transcript.keys}</p>
      {doubtful > 0 && (
        <p class="left-out">
          {keepDoubtful ? strings.transcript.kept(doubtful) : strings.transcript.leftOut(doubtful)}{" "}
          <button type="button" class="quiet" onClick={() => onKeepDoubtful(!keepDoubtful)}>
            {keepDoubtful ? strings.transcript.hideDoubtful : strings.transcript.showDoubtful}
          </button>
        </p>
      )}
      {printed.length === 0 && <p class="empty">{strings.transcript.empty}</p>}
      {editing ? (
        <EditList segments={printedSegments(transcript.segments, { keepDoubtful })} edits={edits} onEdits={onEdits} />
      ) : (
        <ReadList segments={printed} edits={edits} follow={follow} playback={playback} />
      )}
    </section>
  );
}

type ReadProps = { segments: readonly Segment[]; edits: Edits; follow: boolean; playback: Playback };

function ReadList({ segments, edits, follow, playback }: ReadProps) {
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    if (!list.current) return;
    const mark = marker(list.current, segments);
    const first = list.current.querySelector<HTMLElement>(".spot");
    if (first) first.tabIndex = 0;
    return playback.onTime((atMs) => mark(atMs, follow && playback.isPlaying));
  }, [segments, follow, playback]);
  const play = (event: MouseEvent) => {
    const spot = (event.target as HTMLElement).closest<HTMLElement>(".spot");
    if (spot) playback.playFrom(Number(spot.dataset.start));
  };
  return (
    // The words inside are buttons, which Enter clicks.
    <ol
      class="segments"
      ref={list}
      onClick={play}
      onKeyDown={(event) => list.current && moveByKey(list.current, event)}
    >
      {segments.map((segment) => (
        <SegmentText key={segment.id} segment={segment} edited={edits[segment.startMs] !== undefined} />
      ))}
    </ol>
  );
}

type EditProps = { segments: readonly Segment[]; edits: Edits; onEdits: (edits: Edits) => void };

function EditList({ segments, edits, onEdits }: EditProps) {
  const change = (startMs: number, original: string, text: string) => {
    const { [startMs]: _, ...others } = edits;
    onEdits(text === original ? others : { ...others, [startMs]: text });
  };
  return (
    <ol class="segments editing">
      {segments.map(({ id, startMs, text }) => (
        <li class="segment" key={id}>
          <span class="at" aria-hidden="true">
            {clock(startMs)}
          </span>
          <textarea
            rows={Math.max(1, Math.ceil(text.length / 60))}
            aria-label={strings.transcript.editing(clock(startMs))}
            value={(edits[startMs] ?? text).trimStart()}
            onInput={(event) => change(startMs, text.trimStart(), event.currentTarget.value)}
          />
        </li>
      ))}
    </ol>
  );
}
