import { setTimeout as sleep } from "node:timers/promises";
import { type ApiClient, putFile } from "./client.ts";

/** Tries at one part, with growing pauses between them. */
const mostTries = 5;

/**
 * Sends those parts of a file that have not arrived, one after the other, and completes the upload. Called again after a cut, at any time
 * before the upload expires, it goes on where it stopped.
 * @param onSent bytes that have arrived, of the whole file
 * @throws the signal's reason; what the last try at a part threw
 */
export async function uploadInParts(
  api: ApiClient,
  { jobId, path, sizeBytes }: { jobId: string; path: string; sizeBytes: number },
  { onSent = () => undefined, signal }: { onSent?: (bytes: number) => void; signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const { parts, partCount, partSizeBytes } = await api.parts(jobId);
  const arrived = new Set(parts.map(({ partNumber }) => partNumber));
  let sent = arrived.size * partSizeBytes;
  for (let partNumber = 1; partNumber <= partCount; partNumber++) {
    if (arrived.has(partNumber)) continue;
    await again(signal, async () => {
      const address = await api.partAddress(jobId, partNumber);
      const fromByte = (partNumber - 1) * partSizeBytes;
      const report = (bytes: number) => onSent(Math.min(sizeBytes, sent + bytes));
      await putFile(path, address.sizeBytes, address, report, { fromByte, signal });
      sent += address.sizeBytes;
    });
  }
  await again(signal, () => api.complete(jobId));
}

async function again(signal: AbortSignal | undefined, work: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries++) {
    signal?.throwIfAborted();
    try {
      await work();
      return;
    } catch (error) {
      signal?.throwIfAborted();
      if (tries >= mostTries) throw error;
      await sleep(500 * 2 ** tries, undefined, { signal });
    }
  }
}
