import { MediaError } from "../core/index.ts";

const untrusted =
  /^(CERT_|ERR_TLS_CERT|ERR_SSL|EPROTO$|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)/;

/** What went wrong on the way to a server, as people should read it. `source.unavailable` is worth another try, the others are not. */
export function explainNetworkError(error: unknown, host: string): MediaError {
  if (error instanceof MediaError) return error;
  const code = String((error as NodeJS.ErrnoException | undefined)?.code ?? "");
  if (code === "ENOTFOUND") {
    return new MediaError("source.not_found", `There is no host ${host}. Check the address.`, { cause: error });
  }
  if (untrusted.test(code)) {
    return new MediaError(
      "source.untrusted",
      `The certificate of ${host} cannot be trusted (${code}). Nothing was fetched; its owner has to repair it.`,
      { cause: error },
    );
  }
  const reason = code === "" ? "the connection broke" : code;
  return new MediaError("source.unavailable", `${host} did not deliver: ${reason}. Try again later.`, { cause: error });
}

/** The error for a reply that is not success; undefined for 2xx. */
export function explainStatus(status: number, host: string): MediaError | undefined {
  if (status >= 200 && status < 300) return undefined;
  const said = `${host} answered ${status}.`;
  if (status === 404 || status === 410) {
    return new MediaError("source.not_found", `${said} Nothing is there; check the address.`);
  }
  if (status === 401 || status === 402 || status === 407) {
    return new MediaError("source.private", `${said} It wants a login. Download the file yourself and upload it.`);
  }
  if (status === 403 || status === 429 || status === 451) {
    return new MediaError(
      "source.blocked",
      `${said} It does not let this machine in, and was not asked again. Download the file yourself and upload it.`,
    );
  }
  if (status === 408 || status === 425 || status >= 500) {
    return new MediaError("source.unavailable", `${said} Try again later.`);
  }
  return new MediaError("source.not_media", `${said} That is not a file. Check the address.`);
}

export function tooSlow(host: string, stallMs: number): MediaError {
  return new MediaError(
    "source.too_slow",
    `${host} sent nothing for ${stallMs / 1000} s. Try again later, or raise DOWNLOAD_TIMEOUT_SECONDS.`,
  );
}

export function tooLarge(host: string, maxBytes: number, declaredBytes?: number): MediaError {
  const size = declaredBytes === undefined ? `more than ${maxBytes}` : String(declaredBytes);
  return new MediaError(
    "source.too_large",
    `The file at ${host} has ${size} bytes; at most ${maxBytes} are fetched. Upload it instead, or raise MAX_VIDEO_SIZE_MB.`,
  );
}
