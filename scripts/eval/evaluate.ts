import type { Item } from "./compose.ts";
import { type Heard, type Recogniser, recognise } from "./recognise.ts";
import { mean, median, wordErrorRate, words } from "./score.ts";

export type Judged = { item: Omit<Item, "pcm">; heard: Heard };

/** Shares are from 0 to 1 and NaN where there is nothing to count; times are milliseconds. */
export type Score = {
  windows: number;
  wordErrorRate: number;
  exactShare: number;
  languageAccuracy: number;
  /** Windows with speech taken for such, and windows without taken for silence. */
  speechAccuracy: number;
  /** Windows without speech that became text. */
  inventedShare: number;
  startError: { medianMs: number; meanMs: number };
  endError: { medianMs: number; meanMs: number };
};

/**
 * Recognises every recording of a set with every recogniser. One recording is in memory at a time.
 * @returns what each recogniser heard, in the recognisers' order
 */
export async function evaluate(
  recognisers: readonly Recogniser[],
  items: AsyncIterable<Item> | Iterable<Item>,
): Promise<Judged[][]> {
  const judged: Judged[][] = recognisers.map(() => []);
  for await (const item of items) {
    const { pcm: _, ...truth } = item;
    for (const [i, recogniser] of recognisers.entries()) {
      judged[i]!.push({ item: truth, heard: await recognise(recogniser, item) });
    }
  }
  return judged;
}

export function score(judged: readonly Judged[]): Score {
  const spoken = judged.filter(({ item }) => item.speech);
  const quiet = judged.filter(({ item }) => !item.speech);
  const share = (list: readonly Judged[], holds: (one: Judged) => boolean) =>
    mean(list.map((one) => Number(holds(one))));
  const errors = (truth: "startMs" | "endMs") => {
    const all = spoken.flatMap(({ item, heard }) => {
      const time = heard[truth];
      return time === undefined ? [] : [Math.abs(time - item.speech![truth])];
    });
    return { medianMs: median(all), meanMs: mean(all) };
  };
  const pairs = spoken.map(({ item, heard }) => ({ reference: item.text, hypothesis: heard.text }));
  return {
    windows: judged.length,
    wordErrorRate: spoken.length === 0 ? Number.NaN : wordErrorRate(pairs),
    exactShare: share(spoken, isExact),
    languageAccuracy: share(spoken, ({ item, heard }) => item.language === heard.language),
    speechAccuracy: share(judged, ({ item, heard }) => (item.speech === undefined) === heard.silent),
    inventedShare: share(quiet, ({ heard }) => words(heard.text).length > 0),
    startError: errors("startMs"),
    endError: errors("endMs"),
  };
}

export function isExact({ item, heard }: Judged): boolean {
  return words(item.text).join(" ") === words(heard.text).join(" ");
}
