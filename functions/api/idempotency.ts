import {
  canonicalJson,
  derivedJobId,
  type JobId,
  MediaError,
  newJobId,
  type TenantId,
} from "../../layers/core/index.ts";
import type { JobRecord } from "../../layers/storage/index.ts";
import type { HttpEvent } from "./http.ts";

/** As the header is written in the description of the API. */
export const idempotencyKeyHeader = {
  name: "Idempotency-Key",
  description:
    "1 to 255 printable characters of ASCII that nobody else of the tenant uses, such as a UUID. The same request with the same key is answered with the same job, which is worked on once: who hears no answer can ask again.",
  pattern: "^[\\x21-\\x7e]{1,255}$",
} as const;

/**
 * The id of the job that a request makes: always the same one for the same key, otherwise a new one.
 * https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 * @throws MediaError `request.invalid` for a key that is none
 */
export function jobIdOf({ headers }: Pick<HttpEvent, "headers">, tenant: TenantId): { jobId: JobId; keyed: boolean } {
  const key = headers[idempotencyKeyHeader.name.toLowerCase()];
  if (key === undefined) return { jobId: newJobId(), keyed: false };
  if (!new RegExp(idempotencyKeyHeader.pattern).test(key))
    throw new MediaError(
      "request.invalid",
      "Idempotency-Key: is 1 to 255 printable characters of ASCII, without blanks.",
    );
  return { jobId: derivedJobId("idempotency-key", tenant, key), keyed: true };
}

/** @throws MediaError `request.invalid` where the key was used for something else: one job cannot answer both */
export function requireSameRequest(known: Pick<JobRecord, "jobId" | "options">, options: JobRecord["options"]): void {
  if (canonicalJson(known.options) === canonicalJson(options)) return;
  throw new MediaError(
    "request.invalid",
    `Idempotency-Key: was used for job ${known.jobId}, which has another address or other options. Use a new key for a new request.`,
  );
}
