import { z } from "zod";

const count = (most: number) => z.int().min(1).max(most);

/**
 * How cues are laid out; the names, in snake case, are those of the whisper command line. Without any of them a segment
 * is a cue of one line.
 */
export const subtitleOptionsSchema = z
  .strictObject({
    /** Columns of a line, as `displayWidth` counts them. A word that is wider gets a line of its own. */
    maxLineWidth: count(1_000).optional(),
    /** Lines of a cue. With it the words of neighbouring segments share cues, unless three seconds lie between them. */
    maxLineCount: count(100).optional(),
    /** Words of a line; without `maxLineCount` such a line is a cue. */
    maxWordsPerLine: count(1_000).optional(),
    /** One cue per spoken word, which is underlined. Has no effect on segments without words. */
    highlightWords: z.boolean().optional(),
  })
  .refine(({ maxLineCount, maxLineWidth }) => maxLineCount === undefined || maxLineWidth !== undefined, {
    path: ["maxLineCount"],
    message: "needs maxLineWidth too",
  });

export type SubtitleOptions = z.output<typeof subtitleOptionsSchema>;
