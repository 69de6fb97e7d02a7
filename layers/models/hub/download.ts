import { createHash } from "node:crypto";
import { readFile, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MediaError } from "../../core/index.ts";
import { PartFile } from "./part-file.ts";
import type { HubPatience } from "./settings.ts";
import { type ModelSource, type OpenedFile, TransientError } from "./source.ts";

/** What is known of a file before it is fetched. */
export type Expectation = {
  readonly sizeBytes?: number;
  readonly sha256?: string;
  /** Git's id of the content: SHA-1 of `blob <size>\0` and the bytes. */
  readonly gitSha1?: string;
  /** Who says so, for sentences: "halfgig's registry", "the lock file". */
  readonly from: string;
  /** What other content means, and what to do about it. */
  readonly otherwise?: { readonly code: "model.invalid" | "model.changed"; readonly advice: string };
};

export type DownloadProgress = { file: string; receivedBytes: number; totalBytes?: number };

export type DownloadOptions = {
  readonly source: ModelSource;
  readonly repo: string;
  readonly revision: string;
  readonly name: string;
  /** Where the file shall be; its folder exists, and nobody else writes there. */
  readonly path: string;
  readonly expected?: Expectation;
  /** More than this is refused, whoever announces it. */
  readonly maximumBytes: number;
  readonly patience: HubPatience;
  /** Free bytes on the disk of a folder. */
  readonly freeBytes?: (directory: string) => Promise<number>;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
};

export type DownloadedFile = { sizeBytes: number; sha256: string; commit?: string; downloadedBytes: number };

/** A try that brought at least this much starts the count of tries anew. */
const progressBytes = 1 << 20;

/** Left free on the disk: a disk filled to its last byte breaks what else runs on the machine. */
const sparedBytes = 64 * 2 ** 20;

/**
 * Fetches one file as a stream, goes on where an earlier try or process stopped, and gives it its name only when its size
 * and SHA-256 are the expected ones. Where nothing is expected, what the source says of the content counts.
 * @throws MediaError `model.invalid` for other content than expected, `model.no_space`, `model.hub_unreachable` when all tries
 * failed, and what the source throws
 */
export async function downloadFile(options: DownloadOptions): Promise<DownloadedFile> {
  const { repo, revision, patience, signal } = options;
  await using part = await PartFile.open(options.path, { repo, revision }, options.expected?.sha256);
  const complete = await finishComplete(options, part);
  if (complete) return complete;
  const started = performance.now();
  let downloadedBytes = 0;
  let commit: string | undefined;
  let failures = 0;
  let mismatches = 0;
  for (;;) {
    const before = downloadedBytes;
    try {
      const opened = await openRest(options, part);
      commit = opened.commit;
      for await (const chunk of opened.body) {
        if (part.sizeBytes + chunk.length > mostBytes(options)) throw tooLong(options, opened);
        await part.append(chunk);
        downloadedBytes += chunk.length;
        report(options, part, opened);
      }
      if (opened.totalBytes !== undefined && part.sizeBytes < opened.totalBytes) {
        throw new TransientError(`${options.source.description} ended ${options.name} early`, { answered: true });
      }
      const sha256 = part.sha256();
      const difference = await compare(options, part, sha256, opened);
      if (difference === undefined) {
        await part.finish();
        return { sizeBytes: part.sizeBytes, sha256, downloadedBytes, ...(commit === undefined ? {} : { commit }) };
      }
      // Once more from the beginning: what was resumed may have been damaged on this disk.
      await part.restart();
      if (++mismatches === 2) throw difference;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOSPC") throw noSpace(options, undefined, error);
      if (!(error instanceof TransientError)) throw error;
      failures = downloadedBytes - before >= progressBytes ? 1 : failures + 1;
      const pauseMs = pauseAfter(error, failures, performance.now() - started, patience);
      if (pauseMs === undefined) throw gaveUp(options, error, part.sizeBytes);
      await sleep(pauseMs, undefined, { signal });
    }
  }
}

/** A process that ended between the last byte and the file's use has left nothing to fetch. */
async function finishComplete(options: DownloadOptions, part: PartFile): Promise<DownloadedFile | undefined> {
  const sha256 = part.sha256();
  if (part.sizeBytes === 0 || sha256 !== (options.expected?.sha256 ?? part.receipt?.sha256)) return undefined;
  if ((await compare(options, part, sha256)) !== undefined) return undefined;
  await part.finish();
  return { sizeBytes: part.sizeBytes, sha256, downloadedBytes: 0 };
}

/** Opens what is missing of a file, and refuses early what cannot become the expected file or does not fit the disk. */
async function openRest(options: DownloadOptions, part: PartFile): Promise<OpenedFile> {
  const { source, repo, revision, name, signal, expected } = options;
  const { validator } = part.receipt ?? {};
  // Without a validator or a hash, bytes of two versions of the file could be joined unnoticed.
  const resumable = validator !== undefined || (expected?.sha256 ?? part.receipt?.sha256) !== undefined;
  if (!resumable && part.sizeBytes > 0) await part.restart();
  const opened = await source.open({
    repo,
    revision,
    name,
    startByte: part.sizeBytes,
    ...(validator === undefined ? {} : { validator }),
    ...(signal ? { signal } : {}),
  });
  try {
    if (opened.startByte === 0 && part.sizeBytes > 0) await part.restart();
    const sizeBytes = opened.totalBytes;
    if (expected?.sizeBytes !== undefined && sizeBytes !== undefined && sizeBytes !== expected.sizeBytes) {
      throw unexpected(options, `has ${sizeBytes} bytes`, `${expected.sizeBytes}`);
    }
    if (sizeBytes !== undefined && sizeBytes > mostBytes(options)) throw tooLong(options, opened);
    if (expected?.sha256 !== undefined && opened.sha256 !== undefined && opened.sha256 !== expected.sha256) {
      throw unexpected(options, `has the SHA-256 ${opened.sha256}`, expected.sha256);
    }
    await requireSpace(options, (sizeBytes ?? expected?.sizeBytes ?? 0) - part.sizeBytes);
    const { validator: tag, sha256 } = opened;
    await part.describe({ repo, revision, ...(tag ? { validator: tag } : {}), ...(sha256 ? { sha256 } : {}) });
    report(options, part, opened);
    return opened;
  } catch (error) {
    await opened.cancel();
    throw error;
  }
}

async function compare(
  options: DownloadOptions,
  part: PartFile,
  sha256: string,
  opened?: OpenedFile,
): Promise<MediaError | undefined> {
  const { expected, path } = options;
  if (expected?.sizeBytes !== undefined && part.sizeBytes !== expected.sizeBytes) {
    return unexpected(options, `has ${part.sizeBytes} bytes`, `${expected.sizeBytes}`);
  }
  const wanted = expected?.sha256 ?? opened?.sha256;
  if (wanted !== undefined && sha256 !== wanted) return unexpected(options, `has the SHA-256 ${sha256}`, wanted);
  if (expected?.gitSha1 === undefined) return undefined;
  const gitSha1 = gitBlobSha1(await readFile(`${path}.part`));
  return gitSha1 === expected.gitSha1
    ? undefined
    : unexpected(options, `has the Git object id ${gitSha1}`, expected.gitSha1);
}

/** Git's name for content. */
export function gitBlobSha1(bytes: Uint8Array): string {
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

function mostBytes({ maximumBytes, expected }: DownloadOptions): number {
  return Math.min(maximumBytes, expected?.sizeBytes ?? maximumBytes);
}

async function requireSpace(options: DownloadOptions, missingBytes: number): Promise<void> {
  const free = await (options.freeBytes ?? freeBytes)(dirname(options.path));
  if (missingBytes > 0 && free < missingBytes + sparedBytes) throw noSpace(options, { missingBytes, free });
}

/** Bytes that this user may still write to the disk of a folder. */
export async function freeBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

/** @returns how long to wait before the next try; undefined when there shall be none */
export function pauseAfter(
  error: Pick<TransientError, "answered" | "retryAfterMs">,
  failures: number,
  elapsedMs: number,
  patience: HubPatience,
): number | undefined {
  const delay = patience.retryDelaysMs[failures - 1];
  if (delay === undefined) return undefined;
  const pauseMs = Math.max(delay, error.retryAfterMs ?? 0);
  if (pauseMs > patience.longestRetryAfterMs) return undefined;
  return !error.answered && elapsedMs + pauseMs >= patience.unreachableAfterMs ? undefined : pauseMs;
}

function report({ name, onProgress }: DownloadOptions, part: PartFile, { totalBytes }: OpenedFile): void {
  onProgress?.({ file: name, receivedBytes: part.sizeBytes, ...(totalBytes === undefined ? {} : { totalBytes }) });
}

function unexpected(options: DownloadOptions, actual: string, wanted: string): MediaError {
  const { source, name, repo, revision, expected } = options;
  const { code, advice } = expected?.otherwise ?? {
    code: "model.invalid",
    advice: "A proxy or mirror may have changed it: try again, or from another network.",
  };
  return new MediaError(
    code,
    `${name} of ${repo} at revision ${revision} from ${source.description} ${actual}, where ${expected?.from ?? "its source"} ` +
      `says ${wanted}. It was not kept. ${advice}`,
  );
}

function tooLong(options: DownloadOptions, { totalBytes }: OpenedFile): MediaError {
  const most = mostBytes(options);
  const announced = totalBytes !== undefined && totalBytes > most;
  return unexpected(options, announced ? `has ${totalBytes} bytes` : "does not end", `at most ${most} bytes`);
}

function noSpace(options: DownloadOptions, room?: { missingBytes: number; free: number }, cause?: unknown): MediaError {
  const mb = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;
  const need = room
    ? `${mb(room.missingBytes)} are missing, ${mb(room.free)} are free, and ${mb(sparedBytes)} shall stay free`
    : "the disk is full";
  return new MediaError(
    "model.no_space",
    `There is too little room in ${dirname(options.path)} for ${options.name} of ${options.repo}: ${need}. ` +
      "Make room, or name a folder on another disk in WHISPER_MODEL_PATH; what was fetched so far is kept.",
    { cause },
  );
}

function gaveUp(options: DownloadOptions, error: TransientError, keptBytes: number): MediaError {
  const wait = error.retryAfterMs ? ` It asks for a pause of ${Math.ceil(error.retryAfterMs / 1000)} s.` : "";
  const kept = keptBytes > 0 ? " What has arrived is kept; the same command goes on from there." : "";
  return new MediaError(
    "model.hub_unreachable",
    `${options.name} of ${options.repo} could not be fetched: ${error.message}.${wait}${kept}`,
    { cause: error },
  );
}
