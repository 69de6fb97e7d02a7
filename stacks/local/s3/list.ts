import { compareUtf8, type SortedEntries } from "./sorted-entries.ts";

export type ListRequest = { prefix: string; delimiter: string; after: string; maxKeys: number };

export type ListPage<Entry> = {
  entries: Entry[];
  commonPrefixes: string[];
  /** The last key or common prefix of a page that is not the last: pass it as `after` to go on. */
  next: string | undefined;
};

/**
 * One page of a bucket listing: keys that start with `prefix` and come behind `after` in UTF-8 byte order; keys that hold the delimiter
 * behind the prefix are rolled up into common prefixes, each counted once. A common prefix that `after` starts with was
 * delivered by an earlier page and is not repeated. Costs O(page · log n): a rolled-up folder is skipped, not walked.
 */
export function listKeys<Entry extends { key: string }>(
  sorted: SortedEntries<Entry>,
  { prefix, delimiter, after, maxKeys }: ListRequest,
): ListPage<Entry> {
  const page: ListPage<Entry> = { entries: [], commonPrefixes: [], next: undefined };
  if (maxKeys === 0) return page;

  const rolledUp = (key: string): string | undefined => {
    const at = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    return at < 0 ? undefined : key.slice(0, at + delimiter.length);
  };
  const deliveredBefore = after.startsWith(prefix) ? rolledUp(after) : undefined;
  let last = "";
  let entry = sorted.first((key) => compareUtf8(key, prefix) < 0 || (after !== "" && compareUtf8(key, after) <= 0));
  while (entry?.key.startsWith(prefix)) {
    const { key } = entry;
    const commonPrefix = rolledUp(key);
    if (commonPrefix === undefined || commonPrefix !== deliveredBefore) {
      if (page.entries.length + page.commonPrefixes.length === maxKeys) {
        page.next = last;
        break;
      }
      if (commonPrefix === undefined) page.entries.push(entry);
      else page.commonPrefixes.push(commonPrefix);
      last = commonPrefix ?? key;
    }
    const skip = commonPrefix ?? "";
    entry = sorted.first(
      (candidate) => compareUtf8(candidate, key) <= 0 || (skip !== "" && candidate.startsWith(skip)),
    );
  }
  return page;
}
