import type { Reply } from "./reply.ts";

/** What a browser must not do with a reply of the API, where the function does not say otherwise. */
const defaults: Readonly<Record<string, string>> = {
  // A reply that is opened as a page runs nothing, is framed by nobody, and is never taken for another type.
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
};

export const withSecurityHeaders = (reply: Reply): Reply => ({ ...reply, headers: { ...defaults, ...reply.headers } });
