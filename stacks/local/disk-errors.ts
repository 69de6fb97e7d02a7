import { MediaError } from "../../layers/core/index.ts";

/** What a disk answers that has no room, or that this process may not write (errno(3)), and what a person can do about it. */
const advice: Readonly<Record<string, string>> = {
  ENOSPC: "Free some space on its disk",
  EDQUOT: "Free some space: your quota on its disk is used up",
  EROFS: "Its file system is mounted read-only: mount it for writing",
  EACCES: "Give this user the right to write there",
  EPERM: "Give this user the right to write there",
};

/** @returns for an error about the data directory's disk one that says what to do; any other as it is */
export function explainDiskError(error: unknown, dataDirectory: string): unknown {
  const { code = "", path, message } = (error ?? {}) as NodeJS.ErrnoException;
  const advised = advice[code];
  if (error instanceof MediaError || advised === undefined || !path?.startsWith(dataDirectory)) return error;
  return new MediaError(
    "storage.unavailable",
    `The data directory ${dataDirectory} cannot be written (${message}). ${advised}, or choose another directory with --data.`,
    { cause: error },
  );
}
