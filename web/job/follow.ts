import { lastBegun, spanAt } from "./spans.ts";
import { type Segment, spotsOf } from "./transcript-text.tsx";

/** Marks what is being played on the elements of a transcript. @returns what is to be told each time */
export function marker(list: HTMLElement, segments: readonly Segment[]) {
  let markedSegment: Element | undefined;
  let markedSpot: Element | undefined;
  return (atMs: number, scroll: boolean): void => {
    const index = lastBegun(segments, atMs);
    const segment = index >= 0 ? segments[index] : undefined;
    const inside = segment && atMs < segment.endMs ? segment : undefined;
    const row = inside ? list.children[index] : undefined;
    const spots = inside ? spotsOf(inside) : [];
    const spotIndex = spanAt(spots, atMs);
    const spot = row?.querySelectorAll(".spot")[spotIndex];
    if (row !== markedSegment) {
      markedSegment?.classList.remove("now");
      row?.classList.add("now");
      markedSegment = row;
      if (row && scroll) bring(row);
    }
    if (spot !== markedSpot) {
      markedSpot?.removeAttribute("aria-current");
      spot?.setAttribute("aria-current", "true");
      markedSpot = spot;
    }
  };
}

function bring(row: Element): void {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  row.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
}

/**
 * One stop of the Tab key for all words: the arrow keys lead from word to word and from line to line, as in a toolbar.
 * https://www.w3.org/WAI/ARIA/apg/practices/keyboard-interface/#kbd_roving_tabindex
 */
export function moveByKey(list: HTMLElement, event: KeyboardEvent): void {
  const at = event.target as HTMLElement;
  if (!at.classList.contains("spot")) return;
  const target = targetOf(list, at, event.key);
  if (!target) return;
  event.preventDefault();
  at.tabIndex = -1;
  target.tabIndex = 0;
  target.focus();
}

function targetOf(list: HTMLElement, at: HTMLElement, key: string): HTMLElement | undefined {
  if (key === "ArrowDown" || key === "ArrowUp") {
    const row = at.closest("li");
    const other = key === "ArrowDown" ? row?.nextElementSibling : row?.previousElementSibling;
    return other?.querySelector<HTMLElement>(".spot") ?? undefined;
  }
  const spots = [...list.querySelectorAll<HTMLElement>(".spot")];
  if (key === "Home") return spots[0];
  if (key === "End") return spots.at(-1);
  const step = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
  return step === 0 ? undefined : spots[spots.indexOf(at) + step];
}
