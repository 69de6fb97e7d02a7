import { useEffect, useRef, useState } from "preact/hooks";
import { call } from "../api/client.ts";
import type { Media, Peaks, Transcript } from "../api/types.ts";
import { strings } from "../strings.ts";
import { useLoad } from "../ui/load.ts";
import type { Playback } from "./playback.ts";
import { Strips } from "./strips.tsx";

type Props = { jobId: string; transcript: Transcript; keepDoubtful: boolean; playback: Playback };

/** The recording itself with its subtitles, and on one scale its waveform and what was found out. A file that is not kept any more leaves those. */
export function Player({ jobId, transcript, keepDoubtful, playback }: Props) {
  const media = useLoad((signal) => call<Media>("GET", `/v1/jobs/${jobId}/media`, { signal }), [jobId]);
  const [element, setElement] = useState<HTMLMediaElement | null>(null);
  const [broken, setBroken] = useState(false);
  const track = useSubtitles(transcript, keepDoubtful);
  useEffect(() => (element ? playback.attach(element) : undefined), [element, playback]);
  const failed = () => {
    // An address works for an hour; what it led to is still there.
    if (media.value && Date.parse(media.value.expiresAt) < Date.now()) {
      playback.keepPlace();
      media.reload();
    } else setBroken(true);
  };
  const shared = {
    controls: true,
    preload: "metadata",
    "aria-label": strings.job.player,
    src: media.value?.url,
    onError: failed,
    ref: setElement,
  } as const;
  const subtitles = track && (
    <track default kind="subtitles" srcLang={transcript.language?.code} label={strings.transcript.title} src={track} />
  );
  const shown = media.value && !broken;
  return (
    <div class="listen">
      <div class="screen">
        {shown &&
          (media.value?.hasVideo ? <video {...shared}>{subtitles}</video> : <audio {...shared}>{subtitles}</audio>)}
        {media.error && <p class="hint">{strings.job.noMedia}</p>}
        {broken && <p class="hint">{strings.job.cannotPlay}</p>}
      </div>
      <div class="tracks">
        {(media.value || media.error) && (
          <Waveform jobId={jobId} element={shown ? element : null} playback={playback} expected={Boolean(shown)} />
        )}
        <Strips transcript={transcript} playback={playback} />
      </div>
    </div>
  );
}

type WaveformProps = { jobId: string; element: HTMLMediaElement | null; playback: Playback; expected: boolean };

function Waveform({ jobId, element, playback, expected }: WaveformProps) {
  const container = useRef<HTMLDivElement>(null);
  const { value: peaks } = useLoad((signal) => call<Peaks>("GET", `/v1/jobs/${jobId}/peaks.json`, { signal }), [jobId]);
  useEffect(() => {
    // The element of the player comes one render later.
    if (!peaks || !container.current || (expected && !element)) return;
    let end: (() => void) | undefined;
    let over = false;
    const parts = { container: container.current, media: element ?? undefined, peaks };
    const draw = async () => {
      const { drawWaveform } = await import("./waveform.ts");
      if (!over) end = drawWaveform({ ...parts, playback });
    };
    // The page is whole without it.
    draw().catch(() => undefined);
    return () => {
      over = true;
      end?.();
    };
  }, [peaks, element, expected, playback]);
  return <div class="waveform" ref={container} title={strings.job.waveform} aria-hidden="true" />;
}

/** An address of the subtitles as they are on the page, made where they are shown: the API's own would need the token. */
function useSubtitles(transcript: Transcript, keepDoubtful: boolean): string | undefined {
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    let made: string | undefined;
    let over = false;
    const make = async () => {
      const { render } = await import("./export.ts");
      if (over) return;
      made = URL.createObjectURL(render(transcript, "vtt", keepDoubtful));
      setAddress(made);
    };
    make().catch(() => undefined);
    return () => {
      over = true;
      if (made) URL.revokeObjectURL(made);
    };
  }, [transcript, keepDoubtful]);
  return address;
}
