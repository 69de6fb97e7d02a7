/**
 * Waits in a line until somebody admits the waiter; who admits or refuses one has taken it out of the line. A waiter whose signal aborts
 * leaves by itself.
 * @param waiterOf makes the waiter of what ends its wait
 * @param moved told after the line has become longer or shorter by this waiter
 * @throws the signal's reason, or what the waiter was refused with
 */
export async function waitInLine<W>(
  line: W[],
  waiterOf: (admit: () => void, refuse: (error: Error) => void) => W,
  signal: AbortSignal | undefined,
  moved: () => void = () => undefined,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const waiter = waiterOf(resolve, reject);
  const abort = () => {
    const index = line.indexOf(waiter);
    if (index < 0) return;
    line.splice(index, 1);
    reject(signal?.reason);
    moved();
  };
  signal?.addEventListener("abort", abort);
  line.push(waiter);
  moved();
  try {
    await promise;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}
