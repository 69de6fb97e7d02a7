import { MediaError } from "../../layers/core/index.ts";
import {
  CueLayout,
  isPrinted,
  type LaidOutCue,
  type PrintChoice,
  readSegments,
  renderTsv,
  renderTxt,
  type Segment,
  type SubtitleOptions,
  srtCue,
  subtitleOptionsSchema,
  vttCue,
  vttHeader,
} from "../../layers/transcript/index.ts";

export type TextFormat = "srt" | "vtt" | "txt" | "tsv";
/** How a stored transcript is to be rendered: the layout of subtitles, and whether doubtful lines are in it. */
export type TextOptions = SubtitleOptions & PrintChoice;

const names = {
  max_line_width: "maxLineWidth",
  max_line_count: "maxLineCount",
  max_words_per_line: "maxWordsPerLine",
  highlight_words: "highlightWords",
  keep_doubtful: "keepDoubtful",
} as const satisfies Record<string, keyof TextOptions>;

type Query = Record<string, string | undefined>;

/**
 * The text that a query string asks for; undefined where it asks for none.
 * @throws MediaError `request.invalid` that names the parameter
 */
export function textQuery(query: Query | undefined, format: string): TextOptions | undefined {
  const asked = Object.entries(query ?? {});
  if (asked.length === 0) return undefined;
  const values: Record<string, unknown> = {};
  for (const [name, text] of asked) {
    if (!Object.hasOwn(names, name)) {
      throw invalid(name, `is not known. The parameters are: ${Object.keys(names).join(", ")}.`);
    }
    if (name === "keep_doubtful") {
      if (format === "json") throw invalid(name, "is for the texts: the JSON has every line.");
    } else if (format !== "srt" && format !== "vtt") {
      throw invalid(name, "is for transcript.srt and transcript.vtt only.");
    }
    values[names[name as keyof typeof names]] = parameterValue(name, text ?? "");
  }
  const { keepDoubtful, ...layout } = values;
  const parsed = subtitleOptionsSchema.safeParse(layout);
  if (parsed.success)
    return { ...parsed.data, ...(keepDoubtful === undefined ? {} : { keepDoubtful: keepDoubtful === true }) };
  const [issue] = parsed.error.issues;
  throw invalid(snakeCase(String(issue?.path[0] ?? "query")), `${snakeCase(issue?.message ?? "is not valid")}.`);
}

function parameterValue(name: string, text: string): number | boolean {
  if (name === "highlight_words" || name === "keep_doubtful") {
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
 * Renders a stored transcript.json anew while it is read.
 * @throws MediaError `transcript.too_large` as soon as the result exceeds `limitBytes`; `request.invalid` where words are to
 * be highlighted and there are none
 */
export async function renderStored(
  stored: AsyncIterable<Uint8Array>,
  { format, options, limitBytes }: { format: TextFormat; options: TextOptions; limitBytes: number },
): Promise<string> {
  const { keepDoubtful, ...layout } = options;
  const rendering = format === "srt" || format === "vtt" ? new Subtitles(format, layout) : lineByLine[format];
  const parts: string[] = [];
  let sizeBytes = 0;
  const write = (texts: Iterable<string>) => {
    for (const text of texts) {
      sizeBytes += Buffer.byteLength(text);
      if (sizeBytes > limitBytes) throw tooLarge(limitBytes);
      parts.push(text);
    }
  };
  let segments = 0;
  let words = 0;
  write(rendering.begin());
  for await (const segment of readSegments(stored)) {
    if (!isPrinted(segment, { keepDoubtful })) continue;
    segments++;
    words += segment.words?.length ?? 0;
    write(rendering.add(segment));
  }
  if (options.highlightWords && segments > 0 && words === 0) {
    throw invalid(
      "highlight_words",
      'needs the times of words, which this job did not ask for. Send the file with "words": true.',
    );
  }
  write(rendering.end());
  return parts.join("");
}

/** A text in the making. */
type Rendering = { begin(): Iterable<string>; add(segment: Segment): Iterable<string>; end(): Iterable<string> };

const lineByLine: Record<"txt" | "tsv", Rendering> = {
  txt: { begin: () => [], add: (segment) => renderTxt([segment]), end: () => [] },
  // Its first line is the header.
  tsv: { begin: () => renderTsv([]), add: (segment) => renderTsv([segment]).drop(1), end: () => [] },
};

/** A cue may wait for the segments after it. */
class Subtitles implements Rendering {
  readonly #format: "srt" | "vtt";
  readonly #layout: CueLayout;
  #number = 0;

  constructor(format: "srt" | "vtt", options: SubtitleOptions) {
    this.#format = format;
    this.#layout = new CueLayout(options);
  }

  begin(): string[] {
    return this.#format === "vtt" ? [vttHeader] : [];
  }

  add(segment: Segment): Generator<string> {
    return this.#texts(this.#layout.push(segment));
  }

  end(): Generator<string> {
    return this.#texts(this.#layout.finish());
  }

  /** One at a time: all of a long segment's highlighted cues would be many times its text. */
  *#texts(cues: Iterable<LaidOutCue>): Generator<string> {
    for (const cue of cues) yield this.#format === "vtt" ? vttCue(cue) : srtCue(++this.#number, cue);
  }
}
