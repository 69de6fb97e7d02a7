import { languageName } from "../../../layers/providers/index.ts";
import {
  isPrinted,
  printedSegments,
  renderSrt,
  renderTxt,
  renderVtt,
  type Segment,
  type Transcript,
} from "../../../layers/transcript/index.ts";
import { type HttpReply, json } from "../http.ts";
import type { AudioRequest, Task } from "./request.ts";

type Asked = Pick<AudioRequest, "format" | "granularities"> & { task: Task };

/** A transcript in the form that was asked for. */
export function replyWith(transcript: Transcript, { format, granularities, task }: Asked): HttpReply {
  const segments = printedSegments(transcript.segments);
  switch (format) {
    case "json":
      return json(200, { text: textOf(segments), usage: usageOf(transcript) });
    case "verbose_json":
      return json(200, verbose(transcript, granularities, task));
    case "text":
      return plain(renderTxt(segments), "text/plain; charset=utf-8");
    case "srt":
      return plain(renderSrt(segments), "text/plain; charset=utf-8");
    case "vtt":
      return plain(renderVtt(segments), "text/vtt; charset=utf-8");
  }
}

const plain = (body: Iterable<string>, type: string): HttpReply => ({
  statusCode: 200,
  headers: { "content-type": type },
  body: [...body].join(""),
});

/** The text of segments in one line, as OpenAI gives it. */
export const textOf = (segments: readonly Pick<Segment, "text">[]) => segments.map(({ text }) => text.trim()).join(" ");
const seconds = (ms: number) => ms / 1000;
const usageOf = ({ source }: Transcript) => ({ type: "duration", seconds: Math.ceil(seconds(source.durationMs)) });

/**
 * Clients read numbers here and no null: where nobody measured, what says nothing against the text. Segments that are judged invented are
 * among the others, marked, and not in the text nor among the words.
 */
function verbose(transcript: Transcript, granularities: AudioRequest["granularities"], task: Task) {
  const { segments, source, language, warnings } = transcript;
  const printed = printedSegments(segments);
  return {
    task,
    language: language ? languageName(language.code) : null,
    duration: seconds(source.durationMs),
    text: textOf(printed),
    ...(granularities.includes("segment") && {
      segments: segments.map((segment) => ({
        id: segment.id,
        seek: Math.round(segment.startMs / 10),
        start: seconds(segment.startMs),
        end: seconds(segment.endMs),
        text: segment.text,
        tokens: segment.tokens,
        temperature: segment.temperature ?? 0,
        avg_logprob: segment.avgLogprob ?? 0,
        compression_ratio: segment.compressionRatio ?? 1,
        no_speech_prob: segment.noSpeechProb ?? 0,
        ...(!isPrinted(segment) && { hallucination: "likely" }),
      })),
    }),
    ...(granularities.includes("word") && {
      words: printed.flatMap(({ words = [] }) =>
        words.map(({ text, startMs, endMs }) => ({ word: text.trim(), start: seconds(startMs), end: seconds(endMs) })),
      ),
    }),
    ...(warnings.length > 0 && { warnings }),
    usage: usageOf(transcript),
  };
}
