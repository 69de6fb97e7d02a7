/**
 * Orders strings by their UTF-8 bytes, as S3 lists keys. JavaScript compares UTF-16 code units, which differs where
 * surrogates (code points from U+10000) meet U+E000–U+FFFF.
 */
export function compareUtf8(a: string, b: string): number {
  if (a === b) return 0;
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index++) {
    const x = a.charCodeAt(index);
    const y = b.charCodeAt(index);
    if (x === y) continue;
    const xSurrogate = x >= 0xd800 && x <= 0xdfff;
    const ySurrogate = y >= 0xd800 && y <= 0xdfff;
    if (xSurrogate !== ySurrogate) return xSurrogate ? 1 : -1;
    return x - y;
  }
  return a.length - b.length;
}

/** Half of this many entries are moved by an insertion on average: cheap, and 100,000 keys make only some 400 blocks. */
const maxBlockLength = 512;

/**
 * Entries ordered by key, in blocks: insertion and removal move one block only, lookups and seeks are two binary searches.
 * The one structure holds both the order and the lookup, so a key costs its string and one slot.
 */
export class SortedEntries<Entry extends { key: string }> {
  readonly #blocks: Entry[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): Entry | undefined {
    const found = this.#locate((candidate) => compareUtf8(candidate, key) < 0);
    const entry = found.block?.[found.index];
    return entry?.key === key ? entry : undefined;
  }

  /** Adds the entry or replaces the one with its key, which is returned. */
  set(entry: Entry): Entry | undefined {
    const found = this.#locate((candidate) => compareUtf8(candidate, entry.key) < 0);
    const present = found.block?.[found.index];
    if (found.block !== undefined && present?.key === entry.key) {
      found.block[found.index] = entry;
      return present;
    }
    this.#size++;
    // Beyond the end: the last block grows, so that keys that arrive in order fill it.
    const block = found.block ?? this.#blocks.at(-1);
    if (block === undefined) {
      this.#blocks.push([entry]);
      return undefined;
    }
    block.splice(found.block === undefined ? block.length : found.index, 0, entry);
    if (block.length > maxBlockLength) {
      const at = this.#blocks.indexOf(block);
      this.#blocks.splice(at + 1, 0, block.splice(maxBlockLength >> 1));
    }
    return undefined;
  }

  delete(key: string): Entry | undefined {
    const found = this.#locate((candidate) => compareUtf8(candidate, key) < 0);
    const entry = found.block?.[found.index];
    if (found.block === undefined || entry?.key !== key) return undefined;
    found.block.splice(found.index, 1);
    if (found.block.length === 0) this.#blocks.splice(found.blockIndex, 1);
    this.#size--;
    return entry;
  }

  /** The first entry for which `isBefore` is false; it must be true for a prefix of the order and false for the rest. */
  first(isBefore: (key: string) => boolean): Entry | undefined {
    const found = this.#locate(isBefore);
    return found.block?.[found.index];
  }

  #locate(isBefore: (key: string) => boolean): { block: Entry[] | undefined; blockIndex: number; index: number } {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(this.#blocks[middle]!.at(-1)!.key)) low = middle + 1;
      else high = middle;
    }
    const block = this.#blocks[low];
    if (block === undefined) return { block: undefined, blockIndex: low, index: 0 };
    let first = 0;
    let end = block.length;
    while (first < end) {
      const middle = (first + end) >> 1;
      if (isBefore(block[middle]!.key)) first = middle + 1;
      else end = middle;
    }
    return { block, blockIndex: low, index: first };
  }
}
