import { useCallback, useEffect, useState } from "preact/hooks";

export type Loaded<T> = { value: T | undefined; error: Error | undefined; reload: () => void };

/** What a request brings, for as long as a part of the page is shown. It is asked for anew when `keys` change. */
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>, keys: readonly unknown[]): Loaded<T> {
  const [state, setState] = useState<Omit<Loaded<T>, "reload">>({ value: undefined, error: undefined });
  const [round, setRound] = useState(0);
  // The caller says what the request depends on.
  useEffect(() => {
    const over = new AbortController();
    load(over.signal)
      .then((value) => over.signal.aborted || setState({ value, error: undefined }))
      .catch((error: Error) => over.signal.aborted || setState({ value: undefined, error }));
    return () => over.abort();
  }, [...keys, round]);
  return { ...state, reload: useCallback(() => setRound((n) => n + 1), []) };
}
