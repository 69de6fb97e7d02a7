import { z } from "zod";

const json3Schema = z.object({
  events: z.array(
    z.object({
      tStartMs: z.number().optional(),
      dDurationMs: z.number().optional(),
      segs: z.array(z.object({ utf8: z.string().optional() })).optional(),
    }),
  ),
});

type Line = { startMs: number; endMs: number; text: string };

/**
 * YouTube's own caption format: events of text with a time. Events of line feeds only move the display on.
 * @throws when the text is not that format
 */
export function readJson3(text: string): Line[] {
  const { events } = json3Schema.parse(JSON.parse(text));
  const lines = events.flatMap(({ tStartMs, dDurationMs, segs }): Line[] => {
    const said = (segs ?? [])
      .map(({ utf8 }) => utf8 ?? "")
      .join("")
      .replace(/\s+/g, " ")
      .trim();
    if (said === "" || tStartMs === undefined) return [];
    return [{ startMs: tStartMs, endMs: tStartMs + Math.max(1, dDurationMs ?? 1), text: said }];
  });
  lines.sort((a, b) => a.startMs - b.startMs);
  // An event stays on the display while the next one is added below it.
  return lines.map((line, i) => ({ ...line, endMs: Math.min(line.endMs, lines[i + 1]?.startMs ?? line.endMs) }));
}
