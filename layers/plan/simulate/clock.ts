type Event = { atMs: number; order: number; happen(): void };

/** Simulated time: things happen in order, and take no time but what they say. */
export class Clock {
  nowMs = 0;
  readonly #heap: Event[] = [];
  #order = 0;

  /** Things for the same moment happen in the order in which they were asked for. */
  after(delayMs: number, happen: () => void): void {
    const event = { atMs: this.nowMs + delayMs, order: this.#order++, happen };
    const heap = this.#heap;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (before(heap[parent]!, event)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = event;
  }

  /** Lets time pass until nothing is left to happen. */
  run(): void {
    for (let event = this.#next(); event; event = this.#next()) {
      this.nowMs = event.atMs;
      event.happen();
    }
  }

  #next(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || first === last) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (before(last, heap[child]!)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

const before = (a: Event, b: Event) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
