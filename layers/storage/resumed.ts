import { Readable } from "node:stream";
import { MediaError } from "../core/index.ts";
import { isUnavailable } from "./client.ts";

/** Connections that may break over one body. */
const mostBreaks = 4;

/**
 * A body that goes on where its connection broke: the SDK repeats requests, and leaves bodies to whoever reads them.
 * @param reopen the body of the same version from so many bytes on
 * @throws MediaError `storage.unavailable` when it breaks again and again
 */
export function resumed(first: Readable, reopen: (fromByte: number) => Promise<Readable>, key: string): Readable {
  return Readable.from(chunksOf(first, reopen, key), { objectMode: false });
}

async function* chunksOf(first: Readable, reopen: (fromByte: number) => Promise<Readable>, key: string) {
  let received = 0;
  let body = first;
  for (let breaks = 0; ; ) {
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        received += chunk.length;
        yield chunk;
      }
      return;
    } catch (cause) {
      if (!isUnavailable(cause)) throw cause;
      if (++breaks > mostBreaks) {
        throw new MediaError(
          "storage.unavailable",
          `Reading ${key} broke off ${breaks} times, the last time after ${received} bytes. Try again in a minute.`,
          { cause },
        );
      }
    }
    body = await reopen(received);
  }
}
