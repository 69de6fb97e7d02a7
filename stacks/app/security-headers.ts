/** What a browser must not do with a reply of the API, where the function does not say otherwise. */
export const apiHeaders: Readonly<Record<string, string>> = {
  // A reply that is opened as a page runs nothing, is framed by nobody, and is never taken for another type.
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
};

/** The files of the page, as patterns of paths: everything else under its address is the API's. */
export const pagePaths = ["/", "/index.html", "/favicon.svg", "/assets/*"] as const;

/**
 * The headers of the page's own files.
 * @param s3Origins origins that files are sent to, played and read from
 */
export function pageHeaders(s3Origins: readonly string[]): Readonly<Record<string, string>> {
  return {
    "content-security-policy": contentSecurityPolicy(s3Origins),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
  };
}

/**
 * What the page may load: itself (the API is under its own address), and media from S3. No script but its own files runs. Styles may be
 * inline because the waveform brings its own in a shadow tree; subtitles are made in the page, hence `blob:`.
 * https://www.w3.org/TR/CSP3/
 */
function contentSecurityPolicy(s3Origins: readonly string[]): string {
  const s3 = s3Origins.map((origin) => ` ${origin}`).join("");
  return [
    "default-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    `media-src 'self' blob:${s3}`,
    `connect-src 'self'${s3}`,
    ...["object-src", "base-uri", "form-action", "frame-ancestors"].map((directive) => `${directive} 'none'`),
  ].join("; ");
}
