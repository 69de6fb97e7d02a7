import { MediaError, retryAfterMs } from "../../core/index.ts";
import { type FileRequest, TransientError } from "./source.ts";

type Context = {
  request: Pick<FileRequest, "repo" | "revision" | "name">;
  endpoint: URL;
  /** What was asked last: the hub itself, or the host that it redirected to. */
  url: URL;
  description: string;
  answered: boolean;
};

/** Statuses that pass: RFC 9110 15.5.9, RFC 8470, RFC 6585. */
const passingStatuses: ReadonlySet<number> = new Set([408, 425, 429]);

/** What an answer that brings no file means. */
export function refusal(response: Response, context: Context): MediaError | TransientError {
  const { status } = response;
  const { request, endpoint, url, description } = context;
  const page = `${endpoint.href.replace(/\/+$/, "")}/${request.repo}`;
  const atHub = url.origin === endpoint.origin;
  // The addresses that a hub redirects to are signed for minutes; asking the hub again gives a fresh one.
  const expired = !atHub && (status === 401 || status === 403);
  if (status >= 500 || passingStatuses.has(status) || expired) {
    const pauseMs = retryAfterMs(response.headers.get("retry-after"));
    return new TransientError(`${atHub ? description : url.origin} answered ${status}`, {
      answered: true,
      ...(pauseMs === undefined ? {} : { retryAfterMs: pauseMs }),
    });
  }
  if (status === 401 || status === 403) {
    return new MediaError(
      "model.gated",
      `${description} does not give out ${request.name} of ${request.repo} (status ${status}): the model is gated, private, or not ` +
        `there under this name. Sign in and accept its terms at ${page}, then set HF_TOKEN to an access token of that account.`,
      { context: { repo: request.repo, status } },
    );
  }
  if (status === 404 || status === 410) {
    return new MediaError(
      "model.not_published",
      `${description} has no file ${request.name} in ${request.repo} at revision ${request.revision}. ` +
        `Check the name and the revision at ${page}.`,
      { context: { repo: request.repo, name: request.name } },
    );
  }
  return new MediaError(
    "model.hub_unreachable",
    `${atHub ? description : url.origin} answered ${status} for ${request.name} of ${request.repo}. Check HF_ENDPOINT.`,
  );
}

/** What a connection that failed means. A certificate that is not trusted will not be at the next try. */
export function connectionFailure(
  error: unknown,
  { description, answered }: Pick<Context, "description" | "answered">,
): MediaError | TransientError {
  const { cause } = error as { cause?: { code?: string; message?: string } };
  const code = cause?.code ?? "";
  const reason = cause?.message || (error as Error).message;
  if (/CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/.test(code)) {
    return new MediaError(
      "model.hub_unreachable",
      `The certificate of ${description} is not trusted (${code}). Behind a proxy that inspects traffic, name its certificate ` +
        "in NODE_EXTRA_CA_CERTS.",
      { cause: error },
    );
  }
  return new TransientError(`the connection to ${description} failed (${code || reason})`, { answered, cause: error });
}
