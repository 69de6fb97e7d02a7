import { Store } from "../store.ts";

/** An upload in parts that has begun, as far as this browser knows. */
export type Unfinished = {
  fingerprint: string;
  jobId: string;
  uploadId: string;
  partSizeBytes: number;
  fileName: string;
  sizeBytes: number;
  startedMs: number;
};

const storageName = "halfgig.uploads";
/** Parts that nobody joins are removed after a week. */
const keptMs = 7 * 24 * 3_600_000;

/** Uploads that a reload, a crash or a lost connection may have interrupted. */
export const unfinished = new Store<readonly Unfinished[]>(read());

/** The same file, as far as a browser tells: it does not say where a file lies. */
export const fingerprintOf = (file: File) => `${file.name}|${file.size}|${file.lastModified}`;

export const findUnfinished = (file: File) =>
  unfinished.value.find(({ fingerprint }) => fingerprint === fingerprintOf(file));

export function remember(upload: Unfinished): void {
  write([...unfinished.value.filter(({ fingerprint }) => fingerprint !== upload.fingerprint), upload]);
}

export function forget(jobId: string): void {
  write(unfinished.value.filter((upload) => upload.jobId !== jobId));
}

function read(): Unfinished[] {
  try {
    const list = JSON.parse(localStorage.getItem(storageName) ?? "[]") as Unfinished[];
    return list.filter(({ startedMs }) => Date.now() - startedMs < keptMs);
  } catch {
    return [];
  }
}

function write(list: readonly Unfinished[]): void {
  // Without room or permission an upload still works; it only cannot go on after a reload.
  try {
    localStorage.setItem(storageName, JSON.stringify(list));
  } catch {}
  unfinished.set(list);
}
