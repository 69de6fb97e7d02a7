import type { Span } from "./types.ts";

/** Places that one line names at most; the ledger has all of them. */
const maxPlaces = 20;

type Gathered = { spans: Span[]; quotes: string[]; total: boolean };

/** Warnings with times. What is to be said of several places is one line that names them. */
export class Notes {
  readonly #gathered = new Map<string, Gathered>();

  /**
   * @param said what is so at these times, without the full stop
   * @param quote text that it is about
   * @param total whether the line says how long its places are together
   */
  add(said: string, span: Span, { quote, total = false }: { quote?: string; total?: boolean } = {}): void {
    const known = this.#gathered.get(said) ?? { spans: [], quotes: [], total };
    known.spans.push(span);
    if (quote !== undefined) known.quotes.push(`"${quote}"`);
    this.#gathered.set(said, known);
  }

  /** In the order in which each was first said. */
  get lines(): string[] {
    return [...this.#gathered].map(([said, { spans, quotes, total }]) => {
      const lengthMs = spans.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
      const length = total ? ` (${(lengthMs / 1000).toFixed(1)} s in all)` : "";
      const quoted = quotes.length > 0 ? `: ${listed([...new Set(quotes)], ", ")}` : "";
      return `${listed([...new Set(spans.map(clockSpan))], ", ")}: ${said}${quoted}${length}.`;
    });
  }
}

function listed(items: readonly string[], separator: string): string {
  const more = items.length - maxPlaces;
  return items.slice(0, maxPlaces).join(separator) + (more > 0 ? ` and ${more} more` : "");
}

/** `30:50–31:07`. */
export function clockSpan({ startMs, endMs }: Span): string {
  const [from, to] = [clockTime(Math.floor(startMs / 1000)), clockTime(Math.ceil(endMs / 1000))];
  return from === to ? from : `${from}–${to}`;
}

function clockTime(seconds: number): string {
  const two = (count: number) => String(count).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
