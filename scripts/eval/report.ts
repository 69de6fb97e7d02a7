import { table } from "../../cli/tables.ts";
import { type Judged, type Score, score } from "./evaluate.ts";
import type { EvalSet } from "./sets.ts";

/** A set and what each recogniser heard, in the recognisers' order. */
export type SetResult = { set: Pick<EvalSet, "name" | "language" | "voices">; judged: Judged[][] };

const percent = (share: number) => (Number.isNaN(share) ? "–" : `${(100 * share).toFixed(1)} %`);
const times = ({ medianMs, meanMs }: Score["startError"]) =>
  Number.isNaN(meanMs) ? "–" : `${Math.round(medianMs)} (${Math.round(meanMs)})`;

/** Every set under the first recogniser. */
export function detailTable(results: readonly SetResult[]): string {
  return table(
    ["set", "language", "voices", "windows", "WER", "exact", "language right", "no-speech right", "start ms", "end ms"],
    results.map(({ set, judged }) => {
      const of = score(judged[0] ?? []);
      return [
        set.name,
        set.language || "–",
        set.voices,
        of.windows,
        percent(of.wordErrorRate),
        percent(of.exactShare),
        percent(of.languageAccuracy),
        percent(of.speechAccuracy),
        times(of.startError),
        times(of.endError),
      ];
    }),
  );
}

/** Word error rate and language of all voices of a kind together, for each recogniser. */
export function comparisonTable(names: readonly string[], results: readonly SetResult[]): string {
  const spoken = results.filter(({ set }) => set.voices !== "none");
  const groups = [...new Set(spoken.map(groupOf))];
  return table(
    ["recogniser", ...groups.map((group) => `WER ${group}`), "language right", "invented words"],
    names.map((name, i) => {
      const pooled = (list: readonly SetResult[]) => score(list.flatMap(({ judged }) => judged[i] ?? []));
      const rates = groups.map((group) => pooled(spoken.filter((one) => groupOf(one) === group)).wordErrorRate);
      const unheard = results.filter(({ set }) => set.voices === "never heard");
      const silent = pooled(results.filter(({ set }) => set.voices === "none"));
      return [name, ...rates.map(percent), percent(pooled(unheard).languageAccuracy), percent(silent.inventedShare)];
    }),
  );
}

/** What the demo model is meant to reach, and what it reaches with the first recogniser. */
export function aimsTable(results: readonly SetResult[]): string {
  const unheard = results.filter(({ set }) => set.voices === "never heard");
  const pooled = (belongs: (set: SetResult["set"]) => boolean) =>
    score(unheard.filter(({ set }) => belongs(set)).flatMap(({ judged }) => judged[0] ?? []));
  const isPerson = ({ name }: SetResult["set"]) => name.startsWith("person ");
  const isEnglish = ({ language }: SetResult["set"]) => language === "en";
  const aims: [aim: string, value: number, reached: (value: number) => boolean][] = [
    [
      "digits of synthetic voices it never heard: word errors at most 5 %",
      pooled((set) => !isPerson(set) && set.name.endsWith("digits")).wordErrorRate,
      (rate) => rate <= 0.05,
    ],
    [
      "digits of people it never heard: word errors at most 8 %",
      pooled(isPerson).wordErrorRate,
      (rate) => rate <= 0.08,
    ],
    [
      "the same people, where they speak English",
      pooled((set) => isPerson(set) && isEnglish(set)).wordErrorRate,
      (rate) => rate <= 0.08,
    ],
    [
      "language of all voices it never heard: at least 95 % right",
      pooled(() => true).languageAccuracy,
      (x) => x >= 0.95,
    ],
    [
      "the same, without people who speak other languages than English",
      pooled((set) => !isPerson(set) || isEnglish(set)).languageAccuracy,
      (x) => x >= 0.95,
    ],
  ];
  return table(
    ["aim", "measured", ""],
    aims.map(([aim, value, reached]) => [
      aim,
      percent(value),
      Number.isNaN(value) ? "not measured" : reached(value) ? "reached" : "missed",
    ]),
  );
}

/** `person theo, digits` and `person nicolas, digits` are one kind; whether the model knows them makes two. */
function groupOf({ set }: SetResult): string {
  const [voice = "", kind = ""] = set.name.split(", ");
  if (!voice.startsWith("person ")) return set.name;
  return `${set.voices === "trained on" ? "known" : "new"} people, ${kind}`;
}
