import { setTimeout as sleep } from "node:timers/promises";
import type { URL } from "node:url";
import { MediaError, retryAfterMs } from "../core/index.ts";
import type { AddressGuard } from "./guard.ts";
import { explainNetworkError, explainStatus, tooLarge } from "./network-error.ts";
import { type GuardedResponse, guardedRequest } from "./request.ts";

export type DownloadOptions = {
  guard: AddressGuard;
  maxBytes: number;
  /** How long the server may stay silent. */
  stallMs: number;
  headers?: Readonly<Record<string, string>>;
  /** Ends everything; its reason is what is thrown. */
  signal?: AbortSignal | undefined;
  /** First pause before another try; each further one is twice as long. @default 500 */
  backoffMs?: number;
};

/** Tries without a byte in between; and cuts that one download may have in all. */
const fruitlessMax = 4;
const cutsMax = 100;
const retryAfterMaxMs = 10_000;

/** The server can only begin again: what was read so far has to be thrown away. */
export class CannotResume extends Error {
  readonly failure: MediaError;

  /** @param failure why the connection was lost */
  constructor(failure: MediaError) {
    super(failure.message, { cause: failure });
    this.failure = failure;
  }
}

/**
 * The bytes behind an address, once, as a stream. A cut connection is resumed by a range where the server has a strong ETag or a
 * date to prove that it still is the same file (RFC 9110 §13.1.5); what is refused for good is not asked for again.
 */
export class Download implements AsyncDisposable {
  readonly #address: string;
  readonly #first: GuardedResponse;
  readonly #options: DownloadOptions;
  #current: GuardedResponse;
  /** How often the connection was cut and resumed. */
  cuts = 0;

  private constructor(address: string, first: GuardedResponse, options: DownloadOptions) {
    this.#address = address;
    this.#first = first;
    this.#current = first;
    this.#options = options;
  }

  /**
   * Asks until there is a reply with success.
   * @throws MediaError what `guardedRequest` throws; `source.not_found`, `source.private`, `source.blocked`, `source.not_media` by status;
   *   `source.too_large` by the announced length; `source.compressed`
   */
  static async open(address: string, options: DownloadOptions): Promise<Download> {
    const response = await withRetries(options, () => ask(address, options, {}));
    const { maxBytes } = options;
    const declared = declaredBytes(response);
    if (declared !== undefined && declared > maxBytes) {
      response.body.destroy();
      throw tooLarge(response.url.host, maxBytes, declared);
    }
    return new Download(address, response, options);
  }

  /** Where the file is, after redirects. */
  get url(): URL {
    return this.#first.url;
  }

  get contentType(): string {
    return this.#first.headers["content-type"] ?? "";
  }

  /** As announced; undefined where the server does not say. */
  get declaredBytes(): number | undefined {
    return declaredBytes(this.#first);
  }

  /**
   * @throws MediaError `source.too_large`, `source.unavailable`, `source.too_slow`
   * @throws CannotResume after a cut
   */
  async *bytes(): AsyncGenerator<Buffer> {
    const { host } = this.url;
    const { maxBytes, signal } = this.#options;
    for (let offset = 0, fruitless = 0; ; ) {
      let failure: MediaError;
      try {
        for await (const chunk of this.#current.body) {
          const bytes = chunk as Buffer;
          offset += bytes.length;
          if (offset > maxBytes) throw tooLarge(host, maxBytes);
          fruitless = 0;
          yield bytes;
        }
        if (this.#current.body.complete) return;
        failure = explainNetworkError(undefined, host);
      } catch (error) {
        signal?.throwIfAborted();
        failure = explainNetworkError(error, host);
        // Silence in the middle of a file is a cut like any other.
        if (failure.code !== "source.unavailable" && failure.code !== "source.too_slow") throw failure;
      }
      this.cuts += 1;
      fruitless += 1;
      if (fruitless >= fruitlessMax || this.cuts >= cutsMax) throw failure;
      await sleep(pauseMs(this.#options, fruitless), undefined, { signal });
      this.#current = await this.#resume(offset, failure);
    }
  }

  async #resume(offset: number, failure: MediaError): Promise<GuardedResponse> {
    const validator = validatorOf(this.#first);
    if (validator === undefined) throw new CannotResume(failure);
    const range = { range: `bytes=${offset}-`, "if-range": validator };
    // Asked for where it was asked for first: a redirect's target may have expired, and headers are meant for the first server.
    const response = await withRetries(this.#options, () => ask(this.#address, this.#options, range));
    const fits = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers["content-range"] ?? "");
    const total = this.declaredBytes;
    const same = response.status === 206 && Number(fits?.[1]) === offset && validatorOf(response) === validator;
    if (same && (total === undefined || fits?.[2] === "*" || Number(fits?.[2]) === total)) return response;
    response.body.destroy();
    throw new CannotResume(failure);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#current.body.destroy();
  }
}

async function ask(address: string, options: DownloadOptions, extra: Record<string, string>): Promise<GuardedResponse> {
  const { guard, signal, stallMs } = options;
  const response = await guardedRequest(address, {
    guard,
    signal,
    stallMs,
    headers: { ...options.headers, ...extra },
  });
  const { host } = response.url;
  // A challenge for browsers may come with any status, also with one that looks as if it would pass.
  const status = response.headers["cf-mitigated"] === undefined ? response.status : 403;
  const refusal = explainStatus(status, host) ?? encodingRefusal(response);
  if (!refusal) return response;
  const waitMs = retryAfterMs(response.headers["retry-after"]);
  response.body.destroy();
  if (refusal.code === "source.unavailable" && waitMs) {
    await sleep(Math.min(waitMs, retryAfterMaxMs), undefined, { signal });
  }
  throw refusal;
}

/** Asked for as it is; what comes compressed all the same could be any size when it is unpacked. */
function encodingRefusal({ headers, url }: GuardedResponse): MediaError | undefined {
  const encoding = headers["content-encoding"]?.trim().toLowerCase();
  if (!encoding || encoding === "identity") return undefined;
  return new MediaError(
    "source.compressed",
    `${url.host} sends the file compressed (${encoding.slice(0, 20)}), although it was asked not to. Upload the file instead.`,
  );
}

async function withRetries<T>(options: DownloadOptions, attempt: () => Promise<T>): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      const passing = error instanceof MediaError && error.code === "source.unavailable";
      if (!passing || failures >= fruitlessMax) throw error;
      await sleep(pauseMs(options, failures), undefined, { signal: options.signal }).catch(() => {
        options.signal?.throwIfAborted();
      });
    }
  }
}

const pauseMs = ({ backoffMs = 500 }: DownloadOptions, failures: number) =>
  backoffMs * 2 ** (failures - 1) * (0.75 + Math.random() / 2);

function declaredBytes({ status, headers }: GuardedResponse): number | undefined {
  const length = headers["content-length"];
  return status === 200 && length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined;
}

/** What If-Range may be sent with: a weak ETag is not one. */
function validatorOf({ headers }: GuardedResponse): string | undefined {
  const { etag } = headers;
  if (etag !== undefined) return etag.startsWith('"') ? etag : undefined;
  return headers["last-modified"];
}
