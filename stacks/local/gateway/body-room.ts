/** The memory that the bodies of all requests in flight share: they are events, and events are held whole. */
export class BodyRoom {
  readonly #capacityBytes: number;
  #usedBytes = 0;

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** A share of nothing yet, which goes back when it is disposed. */
  share(): BodyShare {
    let heldBytes = 0;
    return {
      grow: (bytes) => {
        if (this.#usedBytes + bytes > this.#capacityBytes) return false;
        this.#usedBytes += bytes;
        heldBytes += bytes;
        return true;
      },
      [Symbol.dispose]: () => {
        this.#usedBytes -= heldBytes;
        heldBytes = 0;
      },
    };
  }
}

/** Grows with what arrives, not with what is announced: who sends nothing holds nothing. */
export type BodyShare = Disposable & {
  /** @returns false where there is no more room */
  grow(bytes: number): boolean;
};
