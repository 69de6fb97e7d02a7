export type FileRequest = {
  /** `owner/name` on the hub. */
  readonly repo: string;
  /** A commit, branch or tag. */
  readonly revision: string;
  /** Path in the repository, e.g. `model.safetensors`. */
  readonly name: string;
  /** Bytes that are there already; the source may begin at 0 all the same. */
  readonly startByte: number;
  /** Strong entity tag (RFC 9110 8.8.3) of the bytes that are there; with another one the source begins at 0. */
  readonly validator?: string;
  readonly signal?: AbortSignal;
};

/** A file of a repository, opened for reading once. */
export type OpenedFile = {
  readonly body: AsyncIterable<Uint8Array>;
  readonly startByte: number;
  /** Size of the whole file, where the source says it. */
  readonly totalBytes?: number;
  readonly validator?: string;
  /** The commit that the revision stands for. */
  readonly commit?: string;
  /** SHA-256 of the whole file, where the source says it. */
  readonly sha256?: string;
  /** Lets go of a body that is not read. */
  cancel(): Promise<void>;
};

/** Whatever gives out the files of model repositories: the hub, or a folder in its layout. */
export interface ModelSource {
  /** For sentences: "the model hub at https://…". */
  readonly description: string;
  /**
   * @throws TransientError when trying again may help; MediaError `model.not_published`, `model.gated` or
   * `model.hub_unreachable` when it does not
   */
  open(request: FileRequest): Promise<OpenedFile>;
}

/** A failure that may be gone at the next try. */
export class TransientError extends Error {
  /** The pause that the source asked for. */
  readonly retryAfterMs: number | undefined;
  /** Whether the source has answered anything so far. */
  readonly answered: boolean;

  constructor(message: string, options: { retryAfterMs?: number; answered: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
    this.answered = options.answered;
  }
}
