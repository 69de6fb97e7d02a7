/** The arguments of pickle opcodes, read one after the other; every length is held against the bytes that are there. */
export class PickleReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  byte(): number {
    return this.#bytes[this.#take(1)]!;
  }

  uint16(): number {
    return this.#bytes.readUInt16LE(this.#take(2));
  }

  uint32(): number {
    return this.#bytes.readUInt32LE(this.#take(4));
  }

  int32(): number {
    return this.#bytes.readInt32LE(this.#take(4));
  }

  float64(): number {
    return this.#bytes.readDoubleBE(this.#take(8));
  }

  length64(): number {
    const length = this.#bytes.readBigUInt64LE(this.#take(8));
    if (length > BigInt(this.#bytes.length)) throw new Error(`it claims ${length} bytes where there are fewer`);
    return Number(length);
  }

  /** A little-endian whole number in two's complement, of `length` bytes. */
  long(length: number): number {
    if (length === 0) return 0;
    if (length > 8) throw new Error(`it has a whole number of ${length} bytes`);
    const at = this.#take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[at + i]!);
    const number = Number(BigInt.asIntN(8 * length, value));
    if (!Number.isSafeInteger(number)) throw new Error("it has a whole number beyond 2^53");
    return number;
  }

  text(length: number): string {
    const at = this.#take(length);
    return this.#bytes.toString("utf8", at, at + length);
  }

  /** Up to the next line feed, which is taken too. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw new Error("it ends inside a name");
    const text = this.#bytes.toString("utf8", this.#at, end);
    this.#at = end + 1;
    return text;
  }

  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.#bytes.length) throw new Error("it ends in the middle");
    this.#at += length;
    return at;
  }
}
