/** What a stable error code means to a machine: the HTTP status it maps to, and whether trying again can help. */
type ErrorKind = { httpStatus: number; retryable: boolean; meaning: string };

/**
 * Every error code of halfgig. A code is part of the public contract: it is never renamed.
 * Step Functions matches on the code (it is the error's `name`), HTTP replies carry it in a problem document.
 */
export const errorCodes = {
  "request.invalid": { httpStatus: 400, retryable: false, meaning: "the request is not what the endpoint accepts" },
  "request.unauthorized": { httpStatus: 401, retryable: false, meaning: "no valid access token was given" },
  "request.not_found": { httpStatus: 404, retryable: false, meaning: "nothing is at this address" },
  "request.too_many": { httpStatus: 429, retryable: true, meaning: "more is asked for at once than the host can do" },
  "request.timeout": { httpStatus: 504, retryable: true, meaning: "the answer takes longer than one request may" },
  "quota.jobs": { httpStatus: 429, retryable: false, meaning: "the tenant has as many jobs in flight as it may have" },
  "quota.minutes": {
    httpStatus: 429,
    retryable: false,
    meaning: "the tenant's minutes of audio for this day are used",
  },
  "key.not_found": { httpStatus: 404, retryable: false, meaning: "no key has this id" },
  "access.forbidden": { httpStatus: 403, retryable: false, meaning: "the key or token may not do this" },
  "access.issuer_unreachable": {
    httpStatus: 503,
    retryable: true,
    meaning: "the identity provider's keys could not be fetched",
  },
  "job.not_found": { httpStatus: 404, retryable: false, meaning: "no job has this id" },
  "job.not_ready": { httpStatus: 409, retryable: true, meaning: "the job has not finished yet" },
  "job.canceled": { httpStatus: 409, retryable: false, meaning: "the job was canceled" },
  "job.ended": { httpStatus: 409, retryable: false, meaning: "the job is not in a state in which this can be done" },
  "job.failed": { httpStatus: 422, retryable: false, meaning: "the job failed; its record says why" },
  "upload.size_mismatch": { httpStatus: 422, retryable: false, meaning: "the stored object is not what was promised" },
  "upload.missing": { httpStatus: 409, retryable: false, meaning: "nothing was uploaded yet" },
  "media.empty": { httpStatus: 422, retryable: false, meaning: "the file has no bytes" },
  "media.not_media": { httpStatus: 422, retryable: false, meaning: "the bytes are not audio or video" },
  "media.no_audio": { httpStatus: 422, retryable: false, meaning: "the file has no audio track" },
  "media.too_large": { httpStatus: 413, retryable: false, meaning: "the file is over the size limit" },
  "media.too_long": { httpStatus: 413, retryable: false, meaning: "the file is over the duration limit" },
  "media.decode_failed": { httpStatus: 422, retryable: false, meaning: "the decoder gave up on the file" },
  "media.not_kept": { httpStatus: 404, retryable: false, meaning: "the job's file is not kept any more" },
  "media.timeout": { httpStatus: 504, retryable: true, meaning: "the decoder ran out of time" },
  "source.forbidden_url": { httpStatus: 422, retryable: false, meaning: "the address is not one that is fetched" },
  "source.forbidden_address": {
    httpStatus: 422,
    retryable: false,
    meaning: "the address does not lead to the public internet",
  },
  "source.too_many_redirects": { httpStatus: 422, retryable: false, meaning: "the address sends on and on" },
  "source.untrusted": { httpStatus: 422, retryable: false, meaning: "the server's certificate cannot be trusted" },
  "source.not_found": { httpStatus: 422, retryable: false, meaning: "nothing is at the address" },
  "source.private": { httpStatus: 422, retryable: false, meaning: "what is at the address wants a login" },
  "source.blocked": { httpStatus: 422, retryable: false, meaning: "the site does not let this machine in" },
  "source.live": { httpStatus: 422, retryable: false, meaning: "the address is a live stream" },
  "source.playlist": { httpStatus: 422, retryable: false, meaning: "the address is a list with more than is accepted" },
  "source.no_captions": { httpStatus: 422, retryable: false, meaning: "no captions are published with the media" },
  "source.not_media": { httpStatus: 422, retryable: false, meaning: "what is at the address is not audio or video" },
  "source.compressed": { httpStatus: 422, retryable: false, meaning: "the server sends the file compressed" },
  "source.too_large": { httpStatus: 413, retryable: false, meaning: "the file at the address is over the size limit" },
  // Not repeated by the workflow: the download itself has tried again, with pauses.
  "source.too_slow": { httpStatus: 504, retryable: false, meaning: "the server did not deliver in time" },
  "source.unavailable": { httpStatus: 502, retryable: false, meaning: "the server did not deliver" },
  "source.tool_missing": { httpStatus: 503, retryable: false, meaning: "yt-dlp is not on this machine" },
  "model.missing": { httpStatus: 503, retryable: false, meaning: "the model is not on this machine" },
  "model.invalid": { httpStatus: 500, retryable: false, meaning: "the model's files are not what they should be" },
  "model.hub_unreachable": { httpStatus: 503, retryable: false, meaning: "the model hub did not answer" },
  "model.not_published": { httpStatus: 404, retryable: false, meaning: "the model hub has no such model or file" },
  "model.gated": { httpStatus: 403, retryable: false, meaning: "the model hub gives the model to known people only" },
  "model.changed": { httpStatus: 409, retryable: false, meaning: "the model is not the one that was locked" },
  "model.no_space": { httpStatus: 507, retryable: false, meaning: "the disk has too little room for the model" },
  "provider.unavailable": { httpStatus: 503, retryable: true, meaning: "the speech service did not answer in time" },
  "provider.refused": { httpStatus: 502, retryable: false, meaning: "the speech service refused the audio or the key" },
  "memory.plan_does_not_fit": {
    httpStatus: 503,
    retryable: false,
    meaning: "the model cannot fit the function's memory allocation",
  },
  "memory.exceeded": { httpStatus: 503, retryable: false, meaning: "a function was killed at its memory limit" },
  "storage.conflict": { httpStatus: 409, retryable: true, meaning: "another writer changed the object first" },
  "storage.unavailable": { httpStatus: 503, retryable: true, meaning: "object storage did not answer" },
  "storage.object_changed": {
    httpStatus: 409,
    retryable: false,
    meaning: "the object was overwritten while it was being read",
  },
  "transcript.invalid": { httpStatus: 422, retryable: false, meaning: "the given transcript cannot be read" },
  "transcript.too_large": { httpStatus: 413, retryable: false, meaning: "the transcript is too large for this reply" },
  "search.unavailable": { httpStatus: 503, retryable: false, meaning: "the service has no search index that works" },
  "search.embedding_changed": {
    httpStatus: 409,
    retryable: false,
    meaning: "the search index was made with another embedding or by another version",
  },
  "answer.failed": { httpStatus: 502, retryable: false, meaning: "the language model did not answer" },
  "voice.not_judged": { httpStatus: 404, retryable: false, meaning: "the job did not ask for its voices to be judged" },
  "transcript.incomplete": { httpStatus: 500, retryable: false, meaning: "windows are missing without a reason" },
  "webhook.not_delivered": {
    httpStatus: 502,
    retryable: false,
    meaning: "the webhook's receiver did not take the news",
  },
  "webhook.refused": { httpStatus: 502, retryable: false, meaning: "the webhook's receiver never will take the news" },
  "workflow.step_failed": { httpStatus: 500, retryable: false, meaning: "a step of the workflow failed" },
  "config.invalid": { httpStatus: 500, retryable: false, meaning: "a setting has a value that cannot be used" },
  "host.port_in_use": { httpStatus: 409, retryable: false, meaning: "a port that the host should listen on is taken" },
  "layer.source_missing": {
    httpStatus: 500,
    retryable: false,
    meaning: "what a Lambda layer is packed from is not there",
  },
  "layer.too_large": {
    httpStatus: 500,
    retryable: false,
    meaning: "a function and its layers are over Lambda's limit",
  },
  "host.not_running": { httpStatus: 503, retryable: false, meaning: "no host runs with this data directory" },
  "host.data_in_use": { httpStatus: 409, retryable: false, meaning: "another process uses the data directory" },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorCodes;

export type MediaErrorOptions = { cause?: unknown; context?: Record<string, unknown> };

/**
 * The one error class of halfgig. Its message says what happened, to what, and what to do next.
 * `name` is the code, because Lambda reports `errorType` from `name` and Step Functions matches on it.
 */
export class MediaError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly httpStatus: number;
  readonly context: Record<string, unknown>;

  constructor(code: ErrorCode, message: string, options: MediaErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = code;
    this.code = code;
    this.retryable = errorCodes[code].retryable;
    this.httpStatus = errorCodes[code].httpStatus;
    this.context = options.context ?? {};
  }
}

/** The codes on which a workflow step is worth repeating. */
export function retryableCodes(): ErrorCode[] {
  return (Object.keys(errorCodes) as ErrorCode[]).filter((code) => errorCodes[code].retryable);
}

/** An RFC 9457 problem document. Unknown errors become a bare 500: their text may hold secrets. */
export function toProblem(error: unknown): { status: number; body: Record<string, unknown> } {
  if (error instanceof MediaError) {
    const { meaning } = errorCodes[error.code];
    return {
      status: error.httpStatus,
      body: {
        type: `urn:halfgig:error:${error.code}`,
        title: meaning,
        status: error.httpStatus,
        detail: error.message,
        code: error.code,
      },
    };
  }
  return {
    status: 500,
    body: { type: "about:blank", title: "Internal Server Error", status: 500, code: "internal" },
  };
}
