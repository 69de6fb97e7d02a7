import { buckets } from "../app/index.ts";
import { bucketName } from "./environment.ts";
import type { PrincipalObjects } from "./principal-objects.ts";

const dayMs = 24 * 3600 * 1000;
const hourMs = 3600 * 1000;

/** Deletes what the buckets' rules let expire, uploads in parts that were never completed included. S3 does this once a day, and so late that a rule is a bound, not a moment. */
export async function expireObjects(objects: PrincipalObjects, nowMs = Date.now()): Promise<number> {
  let deleted = 0;
  for (const bucket of buckets) {
    for (const { prefix, days } of bucket.expire) {
      for await (const object of objects.list(bucketName(bucket.name), prefix)) {
        if (nowMs - Date.parse(object.LastModified) < days * dayMs) continue;
        await objects.delete(bucketName(bucket.name), object.Key);
        deleted++;
      }
      for await (const upload of objects.unfinished(bucketName(bucket.name), prefix)) {
        if (nowMs - upload.startedMs < days * dayMs) continue;
        await objects.abort(bucketName(bucket.name), upload);
        deleted++;
      }
    }
  }
  return deleted;
}

/**
 * Applies the rules now and every hour.
 * @param others what else expires here
 * @returns how to stop
 */
export function keepExpiring(
  objects: PrincipalObjects,
  onError: (error: unknown) => void,
  others: () => Promise<unknown> = async () => undefined,
): () => Promise<void> {
  let running = Promise.resolve();
  const run = () => {
    running = running
      .then(() => expireObjects(objects))
      .catch(onError)
      .then(others)
      .then(() => undefined, onError);
  };
  run();
  const timer = setInterval(run, hourMs);
  return async () => {
    clearInterval(timer);
    await running;
  };
}
