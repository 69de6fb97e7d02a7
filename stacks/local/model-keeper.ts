import { createReadStream } from "node:fs";
import { join } from "node:path";
import { type BuiltVoiceModel, voiceModelPrefix } from "../app/index.ts";
import type { PrincipalObjects } from "./principal-objects.ts";

/** Written last: where it is, everything is. */
const manifestName = "model.json";

/**
 * Brings a detector that is too large for a layer to the bucket, from where infer fetches it. What is there already stays: the name of a
 * build says which it is.
 * @returns how many bytes were brought
 */
export async function keepVoiceModel(
  objects: PrincipalObjects,
  bucket: string,
  { directory, manifest }: BuiltVoiceModel,
): Promise<number> {
  const prefix = voiceModelPrefix(manifest);
  const there = new Map<string, number>();
  for await (const { Key, Size } of objects.list(bucket, prefix)) there.set(Key.slice(prefix.length), Size);
  if (there.has(manifestName)) return 0;
  let broughtBytes = 0;
  for (const [name, { sizeBytes }] of Object.entries(manifest.files)) {
    if (there.get(name) === sizeBytes) continue;
    await objects.putStream(bucket, prefix + name, createReadStream(join(directory, name)));
    broughtBytes += sizeBytes;
  }
  await objects.put(bucket, prefix + manifestName, `${JSON.stringify(manifest)}\n`);
  return broughtBytes;
}
