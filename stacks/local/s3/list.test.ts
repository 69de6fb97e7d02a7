import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listKeys } from "./list.ts";
import { compareUtf8, SortedEntries } from "./sorted-entries.ts";

const key = fc.string({ unit: fc.constantFrom("a", "b", "/", "é", "\uff5e", "\u{1f600}"), minLength: 1, maxLength: 6 });
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

function sortedOf(keys: string[]): SortedEntries<{ key: string }> {
  const sorted = new SortedEntries<{ key: string }>();
  for (const name of keys) sorted.set({ key: name });
  return sorted;
}

/** What a listing is, said without any index: filter, sort, roll up. */
function model(keys: string[], prefix: string, delimiter: string): string[] {
  const items = [...new Set(keys)]
    .filter((name) => name.startsWith(prefix))
    .sort(byBytes)
    .map((name) => {
      const at = delimiter === "" ? -1 : name.indexOf(delimiter, prefix.length);
      return at < 0 ? name : name.slice(0, at + delimiter.length);
    });
  return items.filter((item, index) => item !== items[index - 1]);
}

describe("compareUtf8", () => {
  it("orders as the UTF-8 bytes do", () => {
    const text = fc.string({ unit: "binary", maxLength: 8 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareUtf8(a, b))).toBe(byBytes(a, b));
      }),
    );
  });
});

describe("SortedEntries", () => {
  it("holds what a map holds, through thousands of changes", () => {
    const sorted = new SortedEntries<{ key: string; value: number }>();
    const map = new Map<string, number>();
    for (let step = 0; step < 20_000; step++) {
      const name = `key-${(step * 7919) % 4001}`;
      if (step % 3 === 2) {
        expect(sorted.delete(name)?.value).toBe(map.get(name));
        map.delete(name);
      } else {
        expect(sorted.set({ key: name, value: step })?.value).toBe(map.get(name));
        map.set(name, step);
      }
    }
    expect(sorted.size).toBe(map.size);
    for (const [name, value] of map) expect(sorted.get(name)?.value).toBe(value);
    const { entries } = listKeys(sorted, { prefix: "", delimiter: "", after: "", maxKeys: 10_000 });
    expect(entries.map((entry) => entry.key)).toEqual([...map.keys()].sort(byBytes));
  });
});

describe("listKeys", () => {
  it("equals the filtered, sorted and rolled-up keys, page by page", () => {
    const delimiters = fc.constantFrom("", "/", "b/");
    fc.assert(
      fc.property(
        fc.array(key, { maxLength: 40 }),
        fc.string({ unit: fc.constantFrom("a", "/", "é"), maxLength: 2 }),
        delimiters,
        fc.integer({ min: 1, max: 5 }),
        (keys, prefix, delimiter, maxKeys) => {
          const sorted = sortedOf(keys);
          const seen: string[] = [];
          let after: string | undefined = "";
          while (after !== undefined) {
            const page: ReturnType<typeof listKeys> = listKeys(sorted, { prefix, delimiter, after, maxKeys });
            const items = [...page.entries.map((entry) => entry.key), ...page.commonPrefixes].sort(byBytes);
            expect(items.length).toBeLessThanOrEqual(maxKeys);
            seen.push(...items);
            after = page.next;
          }
          expect(seen).toEqual(model(keys, prefix, delimiter));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("begins behind any key, present or not", () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 30 }), key, (keys, after) => {
        const { entries } = listKeys(sortedOf(keys), { prefix: "", delimiter: "", after, maxKeys: 1000 });
        expect(entries.map((entry) => entry.key)).toEqual(
          model(keys, "", "").filter((name) => byBytes(name, after) > 0),
        );
      }),
    );
  });
});
