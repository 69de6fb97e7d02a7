import { open, truncate } from "node:fs/promises";
import type { ApiClient } from "../../cli/client.ts";
import { uploadInParts } from "../../cli/upload-in-parts.ts";

/** A file of the given size that takes no room: holes, and some bytes in the middle of each GiB that say where they are. */
export async function sparseFile(path: string, sizeBytes: number): Promise<void> {
  await using file = await open(path, "w");
  for (let at = 0; at < sizeBytes; at += 2 ** 30) await file.write(`mark ${at}`, Math.min(at + 12_345, sizeBytes - 32));
  await file.close();
  await truncate(path, sizeBytes);
}

/** Sends a file in parts and breaks off the given number of times, each time at another byte of another part. */
export async function uploadWithCuts(
  api: ApiClient,
  file: { jobId: string; path: string; sizeBytes: number },
  cuts: number,
): Promise<{ cutAtBytes: number[] }> {
  const cutAtBytes: number[] = [];
  for (let cut = 1; cut <= cuts; cut++) {
    const limit = Math.floor((file.sizeBytes * cut) / (cuts + 1)) + cut * 1_234_567;
    const laptop = new AbortController();
    let sentBytes = 0;
    const onSent = (bytes: number) => {
      sentBytes = bytes;
      if (bytes >= limit) laptop.abort(new Error("the laptop was closed"));
    };
    await uploadInParts(api, file, { onSent, signal: laptop.signal }).then(
      () => {
        throw new Error("the upload was not cut");
      },
      (error: Error) => {
        if (error.message !== "the laptop was closed") throw error;
      },
    );
    cutAtBytes.push(sentBytes);
  }
  await uploadInParts(api, file);
  return { cutAtBytes };
}
