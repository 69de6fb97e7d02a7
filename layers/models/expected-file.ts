import { readFile, stat } from "node:fs/promises";
import { sha256OfFile } from "./checkpoint.ts";
import { type Expectation, gitBlobSha1 } from "./hub/index.ts";
import { type LockedModel, lockFileName } from "./lock-file.ts";
import type { KnownModel } from "./registry.ts";

export type FileDescription = LockedModel["files"][string];

/** What a file of a model must be: as halfgig's registry pins it, else as it was locked; undefined where nobody has said. */
export function expectedFile(
  name: string,
  known: KnownModel | undefined,
  locked: LockedModel | undefined,
  pullName: string,
): Expectation | undefined {
  const pinned = known?.files.find((file) => file.name === name);
  const lockedFile = locked?.files[name];
  const isPinned = pinned?.sha256 !== undefined || pinned?.gitSha1 !== undefined;
  const { sizeBytes = lockedFile?.sizeBytes, sha256 = lockedFile?.sha256, gitSha1 } = pinned ?? {};
  if (sha256 === undefined && gitSha1 === undefined) return undefined;
  const advice = `\`halfgig models pull ${pullName} --update\` takes what is published now; ask first why it has changed.`;
  return {
    from: isPinned ? "halfgig's registry" : lockFileName,
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(gitSha1 === undefined ? {} : { gitSha1 }),
    ...(isPinned ? {} : { otherwise: { code: "model.changed", advice } }),
  };
}

/** How a file differs from what it must be: words for a sentence, or its description where it does not differ. */
export async function checkFile(
  path: string,
  expected: Pick<Expectation, "sizeBytes" | "sha256" | "gitSha1">,
  knownSha256?: string,
): Promise<FileDescription | string> {
  const file = await stat(path).catch(() => undefined);
  if (!file?.isFile()) return "is not there";
  if (expected.sizeBytes !== undefined && file.size !== expected.sizeBytes) {
    return `has ${file.size} bytes, not ${expected.sizeBytes}`;
  }
  const sha256 = knownSha256 ?? (await sha256OfFile(path));
  if (expected.sha256 !== undefined && sha256 !== expected.sha256) {
    return `has the SHA-256 ${sha256}, not ${expected.sha256}`;
  }
  if (expected.gitSha1 !== undefined) {
    const gitSha1 = gitBlobSha1(await readFile(path));
    if (gitSha1 !== expected.gitSha1) return `has the Git object id ${gitSha1}, not ${expected.gitSha1}`;
  }
  return { sizeBytes: file.size, sha256 };
}
