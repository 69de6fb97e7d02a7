import { Readable } from "node:stream";

/** CloudFront and API Gateway end what is silent for 30 s and more. */
const usualQuietMs = 10_000;

/**
 * The body of a reply that is sent while it is written. It is written no faster than it is read, a comment is sent where nothing has been
 * for a while, and the signal aborts when nobody reads on.
 * @param write whole server-sent events; an error it throws breaks the reply off
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function eventStream(
  write: (gone: AbortSignal) => AsyncIterable<string>,
  { quietMs = usualQuietMs }: { quietMs?: number } = {},
): Readable {
  const gone = new AbortController();
  const pieces = withComments(write(gone.signal), quietMs);
  return new Readable({
    read() {
      pieces.next().then(
        ({ done, value }) => this.push(done ? null : value),
        (error: Error) => this.destroy(error),
      );
    },
    destroy(error, callback) {
      gone.abort(new Error("Nobody reads on.", { cause: error }));
      pieces.return(undefined).catch(() => undefined);
      callback(error);
    },
  });
}

async function* withComments(events: AsyncIterable<string>, quietMs: number): AsyncGenerator<string, void> {
  const iterator = events[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = iterator.next();
      let result = await within(next, quietMs);
      for (; !result; result = await within(next, quietMs)) yield ": still at work\n\n";
      if (result.done) return;
      yield result.value;
    }
  } finally {
    await iterator.return?.();
  }
}

/** Undefined where it takes longer. */
async function within<T>(work: Promise<T>, mostMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, mostMs, undefined);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** One event. JSON has no line breaks of its own, so its data is one line. */
export const serverSentEvent = (data: unknown, name?: string): string =>
  `${name === undefined ? "" : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;
