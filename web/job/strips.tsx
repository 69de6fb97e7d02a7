import { useEffect, useRef } from "preact/hooks";
import { unrecognisedStretches } from "../../layers/transcript/browser.ts";
import type { Transcript } from "../api/types.ts";
import { clock, languageName, percent } from "../format.ts";
import { strings } from "../strings.ts";
import { reasonText } from "./coverage.tsx";
import type { Playback } from "./playback.ts";

type Piece = { startMs: number; endMs: number; kind: string; title: string };
type Strip = { name: string; label: string; note: string; summary: string; pieces: Piece[] };

/** What was found out over time, under the waveform and on its scale: voices, languages, coverage. */
export function Strips({ transcript, playback }: { transcript: Transcript; playback: Playback }) {
  const root = useRef<HTMLDivElement>(null);
  const { durationMs } = transcript.source;
  useEffect(
    () =>
      playback.onTime((atMs) => {
        root.current?.style.setProperty("--at", `${durationMs > 0 ? Math.min(100, (atMs / durationMs) * 100) : 0}%`);
      }),
    [playback, durationMs],
  );
  if (durationMs === 0) return null;
  const seek = (event: MouseEvent) => {
    const { left, width } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    playback.seek(((event.clientX - left) / width) * durationMs);
  };
  return (
    <div class="strips" ref={root}>
      {stripsOf(transcript).map(({ name, label, note, summary, pieces }) => (
        <div class="strip-row" key={name}>
          <span class="strip-label" aria-hidden="true">
            <span>{label}</span>
            <span>{note}</span>
          </span>
          {/* biome-ignore lint/a11y/useKeyWithClickEvents: the player seeks by keyboard; this picture is for pointers */}
          <div class={`strip ${name}`} role="img" aria-label={summary} data-strip={name} onClick={seek}>
            {pieces.map(({ startMs, endMs, kind, title }) => (
              <span
                key={startMs}
                class={kind}
                title={title}
                style={{
                  left: `${(startMs / durationMs) * 100}%`,
                  width: `${((endMs - startMs) / durationMs) * 100}%`,
                }}
              />
            ))}
          </div>
        </div>
      ))}
    </div>
  );
}

type Name = "voice" | "language" | "coverage";

/** Hours of audio have hundreds of pieces; nobody wants to hear them all. */
const longestSummary = 600;

function stripsOf({ voice, language, ledger }: Transcript): Strip[] {
  const strip = (name: Name, note: string, pieces: Piece[]): Strip[] => {
    if (pieces.length === 0) return [];
    const text = pieces.map(({ title }) => title).join("; ");
    const label = strings.strips[name];
    const summary = strings.strips.summary(
      label,
      text.length > longestSummary ? `${text.slice(0, longestSummary)}…` : text,
    );
    return [{ name, label, note, summary, pieces }];
  };
  const at = (startMs: number, endMs: number) => `${clock(startMs)}–${clock(endMs)}`;
  return [
    ...strip(
      "voice",
      voice ? strings.voice.verdicts[voice.verdict] : "",
      (voice?.timeline ?? []).map(({ startMs, endMs, verdict, leaning, score }) => ({
        ...{ startMs, endMs, kind: verdict === "uncertain" ? `uncertain ${leaning}` : verdict },
        title: `${at(startMs, endMs)} ${strings.voice.verdicts[verdict]}, ${strings.voice.leaning[leaning]} (${percent(score)})`,
      })),
    ),
    ...strip(
      "language",
      [...new Set((language?.timeline ?? []).map(({ code }) => languageName(code)))].join(", "),
      joined(language?.timeline ?? []).map(({ startMs, endMs, code }, _, all) => ({
        ...{ startMs, endMs, kind: `tone-${[...new Set(all.map((span) => span.code))].indexOf(code) % 5}` },
        title: `${at(startMs, endMs)} ${languageName(code)}`,
      })),
    ),
    ...strip(
      "coverage",
      missingNote(ledger),
      ledger.intervals.map(({ startMs, endMs, kind, reason }) => ({
        ...{ startMs, endMs, kind },
        title: `${at(startMs, endMs)} ${strings.coverage.kinds[kind]}${reason ? `: ${reasonText(reason)}` : ""}`,
      })),
    ),
  ];
}

/** What is missing from the text: time that failed, and a voice that stays without text for so long that it is no breath. */
function missingNote({ totalsMs, intervals }: Transcript["ledger"]): string {
  const voiceMs = unrecognisedStretches(intervals).reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
  const parts = [
    ...(totalsMs.failed > 0 ? [strings.strips.failed(clock(totalsMs.failed, true))] : []),
    ...(voiceMs > 0 ? [strings.strips.unrecognised(clock(voiceMs, true))] : []),
  ];
  return parts.join(", ") || strings.strips.nothingMissing;
}

/** Neighbours in one language are one stretch; what lies between them belongs to them. */
function joined(spans: readonly { startMs: number; endMs: number; code: string }[]) {
  const list: { startMs: number; endMs: number; code: string }[] = [];
  for (const { startMs, endMs, code } of spans) {
    const last = list.at(-1);
    if (last?.code === code) last.endMs = endMs;
    else list.push({ startMs, endMs, code });
  }
  return list;
}
