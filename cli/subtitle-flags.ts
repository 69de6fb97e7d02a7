import type { PrintChoice, SubtitleOptions } from "../layers/transcript/index.ts";

/** For `parseArgs`. */
export const subtitleFlags = {
  "max-line-width": { type: "string" },
  "max-line-count": { type: "string" },
  "max-words-per-line": { type: "string" },
  "highlight-words": { type: "boolean", default: false },
  "keep-doubtful": { type: "boolean", default: false },
} as const;

type Switch = "highlight-words" | "keep-doubtful";
type Text = Exclude<keyof typeof subtitleFlags, Switch>;
type Values = { [Flag in Text]?: string | undefined } & { [Flag in Switch]: boolean };
/** How a transcript is printed; nothing of it is recognised again for that. */
export type TextOptions = SubtitleOptions & PrintChoice;

/** @param wholeNumber reads a flag's value or throws the command line's own error; so does `refuse` */
export function parseSubtitleFlags(
  values: Values,
  wholeNumber: (option: string, text: string, least: number, most: number) => number,
  refuse: (message: string) => never,
): TextOptions {
  const count = (flag: Text, most: number) => {
    const text = values[flag];
    return text === undefined ? undefined : wholeNumber(`--${flag}`, text, 1, most);
  };
  const maxLineWidth = count("max-line-width", 1_000);
  const maxLineCount = count("max-line-count", 100);
  const maxWordsPerLine = count("max-words-per-line", 1_000);
  if (maxLineCount !== undefined && maxLineWidth === undefined) refuse("--max-line-count needs --max-line-width too.");
  return {
    ...(maxLineWidth === undefined ? {} : { maxLineWidth }),
    ...(maxLineCount === undefined ? {} : { maxLineCount }),
    ...(maxWordsPerLine === undefined ? {} : { maxWordsPerLine }),
    ...(values["highlight-words"] ? { highlightWords: true } : {}),
    ...(values["keep-doubtful"] ? { keepDoubtful: true } : {}),
  };
}
