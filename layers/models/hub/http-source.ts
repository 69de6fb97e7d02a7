import { MediaError } from "../../core/index.ts";
import { Deadline } from "./deadline.ts";
import { connectionFailure, refusal } from "./refusals.ts";
import { type HubSettings, isLoopback } from "./settings.ts";
import { type FileRequest, type ModelSource, type OpenedFile, TransientError } from "./source.ts";

const mostRedirects = 5;
const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** What the hub itself says of a file, on its own answer or on the redirect to where the bytes are. */
type HubWord = { commit?: string; sha256?: string };

/**
 * Files of the hub, by its resolve addresses: `<endpoint>/<owner>/<name>/resolve/<revision>/<file>`.
 * Redirects are followed here, because the hub sends large files from other hosts that must not see the token. Headers that
 * vouch for the content (`X-Repo-Commit`, `X-Linked-ETag`, the SHA-256 of a large file) count from the hub's own origin only.
 */
export class HttpSource implements ModelSource {
  readonly #settings: HubSettings;
  #answered = false;

  constructor(settings: HubSettings) {
    this.#settings = settings;
  }

  get description(): string {
    return `the model hub at ${this.#settings.endpoint.origin}`;
  }

  async open(request: FileRequest): Promise<OpenedFile> {
    const { patience } = this.#settings;
    const deadline = new Deadline(request.signal);
    try {
      deadline.start(this.#answered ? patience.answerWithinMs : patience.firstAnswerWithinMs);
      const { response, url, word } = await this.#follow(request, deadline.signal);
      deadline.stop();
      if (response.status !== 200 && response.status !== 206) {
        await discard(response);
        // The bytes that are there go beyond the file: it has changed, and is asked for from its beginning.
        if (response.status === 416 && request.startByte > 0) {
          deadline[Symbol.dispose]();
          return await this.open({ ...request, startByte: 0 });
        }
        throw refusal(response, { request, endpoint: this.#settings.endpoint, url, ...this.#forPerson() });
      }
      const range = rangeOf(response);
      if (response.status === 206 && !continues(response, range, request)) {
        await discard(response);
        deadline[Symbol.dispose]();
        return await this.open({ ...request, startByte: 0 });
      }
      const total = response.status === 206 ? range?.totalBytes : contentLength(response);
      const validator = strongTag(response.headers.get("etag"));
      return {
        body: this.#read(response, deadline),
        startByte: response.status === 206 ? request.startByte : 0,
        ...(total === undefined ? {} : { totalBytes: total }),
        ...(validator === undefined ? {} : { validator }),
        ...word,
        cancel: () => {
          deadline[Symbol.dispose]();
          return discard(response);
        },
      };
    } catch (error) {
      deadline[Symbol.dispose]();
      throw this.#describe(error, deadline, request.signal);
    }
  }

  async #follow(request: FileRequest, signal: AbortSignal): Promise<{ response: Response; url: URL; word: HubWord }> {
    const { endpoint, token } = this.#settings;
    let url = resolveUrl(endpoint, request);
    let word: HubWord = {};
    for (let redirects = 0; ; redirects++) {
      const headers = new Headers({ "accept-encoding": "identity", "user-agent": "halfgig" });
      if (token !== undefined && url.origin === endpoint.origin) headers.set("authorization", `Bearer ${token}`);
      if (request.startByte > 0) {
        headers.set("range", `bytes=${request.startByte}-`);
        if (request.validator !== undefined) headers.set("if-range", request.validator);
      }
      const response = await fetch(url, { redirect: "manual", headers, signal });
      this.#answered = true;
      if (url.origin === endpoint.origin) word = { ...hubWord(response), ...word };
      if (!redirectStatuses.has(response.status)) return { response, url, word };
      await discard(response);
      if (redirects === mostRedirects) {
        throw new MediaError(
          "model.hub_unreachable",
          `${this.description} redirects ${request.name} of ${request.repo} more than ${mostRedirects} times. Check HF_ENDPOINT.`,
        );
      }
      url = this.#redirected(url, response.headers.get("location"));
    }
  }

  #redirected(from: URL, location: string | null): URL {
    const to = redirectTarget(from, location);
    if (to) return to;
    throw new MediaError(
      "model.hub_unreachable",
      `${this.description} redirects to ${JSON.stringify(location)}, which is not encrypted or not a web address. ` +
        "Nothing was fetched from there. Check HF_ENDPOINT.",
    );
  }

  /** The clock runs only while the network is waited for. */
  async *#read(response: Response, deadline: Deadline): AsyncGenerator<Uint8Array> {
    using _ = deadline;
    if (!response.body) return;
    const reader = response.body.getReader();
    try {
      for (;;) {
        deadline.start(this.#settings.patience.stallAfterMs);
        const { done, value } = await reader.read();
        deadline.stop();
        if (done) return;
        yield value;
      }
    } catch (error) {
      throw this.#describe(error, deadline);
    } finally {
      await reader.cancel().catch(() => undefined);
    }
  }

  #describe(error: unknown, deadline: Deadline, caller?: AbortSignal): unknown {
    if (error instanceof MediaError || error instanceof TransientError) return error;
    if (deadline.passed) {
      const message = `${this.description} sent nothing for too long`;
      return new TransientError(message, { answered: this.#answered, cause: error });
    }
    if (caller?.aborted || deadline.signal.aborted) return error;
    return connectionFailure(error, this.#forPerson());
  }

  #forPerson() {
    return { description: this.description, answered: this.#answered };
  }
}

/** Where a redirect leads; undefined where that is no web address, or less protected than the one before. */
export function redirectTarget(from: URL, location: string | null): URL | undefined {
  const to = location === null ? null : URL.parse(location, from.href);
  const unprotected = to?.protocol === "http:" && (from.protocol === "http:" || isLoopback(to));
  return to && (to.protocol === "https:" || unprotected) ? to : undefined;
}

/** The public address of a file, in the hub's layout. */
export function resolveUrl(
  endpoint: URL,
  { repo, revision, name }: Pick<FileRequest, "repo" | "revision" | "name">,
): URL {
  const base = endpoint.href.replace(/\/+$/, "");
  return new URL(`${base}/${repo}/resolve/${encodeURIComponent(revision)}/${name}`);
}

function hubWord(response: Response): HubWord {
  const commit = response.headers.get("x-repo-commit");
  const tag = strongTag(response.headers.get("x-linked-etag"))?.slice(1, -1);
  return {
    ...(commit && /^[0-9a-f]{40}$/.test(commit) ? { commit } : {}),
    // For files in large file storage it is their SHA-256; for others a Git object id, which has 40 digits.
    ...(tag && /^[0-9a-f]{64}$/.test(tag) ? { sha256: tag } : {}),
  };
}

/** RFC 9110 13.1.5: only a strong validator may stand in If-Range. */
function strongTag(tag: string | null): string | undefined {
  return tag !== null && /^"[^"]+"$/.test(tag) ? tag : undefined;
}

function contentLength(response: Response): number | undefined {
  const text = response.headers.get("content-length");
  return text !== null && /^\d+$/.test(text) && !response.headers.has("content-encoding") ? Number(text) : undefined;
}

function rangeOf(response: Response): { startByte: number; totalBytes?: number } | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get("content-range") ?? "");
  if (!match) return undefined;
  return { startByte: Number(match[1]), ...(match[2] === "*" ? {} : { totalBytes: Number(match[2]) }) };
}

/** Whether a partial answer goes on where the bytes that are there end, in the same version of the file. */
function continues(response: Response, range: ReturnType<typeof rangeOf>, request: FileRequest): boolean {
  const tag = strongTag(response.headers.get("etag"));
  const same = tag === undefined || request.validator === undefined || tag === request.validator;
  return same && range?.startByte === request.startByte;
}

async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => undefined);
}
