import { MediaError } from "../../layers/core/index.ts";
import {
  CueLayout,
  readSegments,
  type SubtitleOptions,
  srtCue,
  subtitleOptionsSchema,
  vttCue,
  vttHeader,
} from "../../layers/transcript/index.ts";

export type SubtitleFormat = "srt" | "vtt";

const names = {
  max_line_width: "maxLineWidth",
  max_line_count: "maxLineCount",
  max_words_per_line: "maxWordsPerLine",
  highlight_words: "highlightWords",
} as const satisfies Record<string, keyof SubtitleOptions>;

type Query = Record<string, string | undefined>;

/**
 * The layout that a query string asks for; undefined where it asks for none.
 * @throws MediaError `request.invalid` that names the parameter
 */
export function subtitleQuery(query: Query | undefined, format: string): SubtitleOptions | undefined {
  const asked = Object.entries(query ?? {});
  if (asked.length === 0) return undefined;
  const values: Record<string, unknown> = {};
  for (const [name, text] of asked) {
    if (!Object.hasOwn(names, name)) {
      throw invalid(name, `is not known. The parameters are: ${Object.keys(names).join(", ")}.`);
    }
    if (format !== "srt" && format !== "vtt") throw invalid(name, `is for transcript.srt and transcript.vtt only.`);
    values[names[name as keyof typeof names]] = parameterValue(name, text ?? "");
  }
  const parsed = subtitleOptionsSchema.safeParse(values);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(snakeCase(String(issue?.path[0] ?? "query")), `${snakeCase(issue?.message ?? "is not valid")}.`);
}

function parameterValue(name: string, text: string): number | boolean {
  if (name === "highlight_words") {
    if (text === "true" || text === "false") return text === "true";
    throw invalid(name, "is true or false.");
  }
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw invalid(name, "is a whole number.");
}

const invalid = (name: string, problem: string) =>
  new MediaError("request.invalid", `The parameter ${name} ${problem}`);

function snakeCase(text: string): string {
  return Object.entries(names).reduce((changed, [snake, camel]) => changed.replaceAll(camel, snake), text);
}

const tooLarge = (limitBytes: number) =>
  new MediaError(
    "transcript.too_large",
    `These subtitles are larger than ${limitBytes} bytes. Ask without highlight_words, or fetch transcript.json and lay it out yourself.`,
  );

/**
 * Lays out a stored transcript.json anew while it is read.
 * @throws MediaError `transcript.too_large` as soon as the result exceeds `limitBytes`; `request.invalid` where words are to
 * be highlighted and there are none
 */
export async function renderStored(
  stored: AsyncIterable<Uint8Array>,
  { format, options, limitBytes }: { format: SubtitleFormat; options: SubtitleOptions; limitBytes: number },
): Promise<string> {
  const layout = new CueLayout(options);
  const parts: string[] = format === "vtt" ? [vttHeader] : [];
  let sizeBytes = 0;
  let number = 0;
  const write = (cues: ReturnType<CueLayout["finish"]>) => {
    for (const cue of cues) {
      const text = format === "vtt" ? vttCue(cue) : srtCue(++number, cue);
      sizeBytes += Buffer.byteLength(text);
      if (sizeBytes > limitBytes) throw tooLarge(limitBytes);
      parts.push(text);
    }
  };
  let segments = 0;
  let words = 0;
  for await (const segment of readSegments(stored)) {
    segments++;
    words += segment.words?.length ?? 0;
    write(layout.push(segment));
  }
  if (options.highlightWords && segments > 0 && words === 0) {
    throw invalid(
      "highlight_words",
      'needs the times of words, which this job did not ask for. Send the file with "words": true.',
    );
  }
  write(layout.finish());
  return parts.join("");
}
