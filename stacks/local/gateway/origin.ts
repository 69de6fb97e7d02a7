import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";

/**
 * Whether the Host header names this service. A page of another origin can point its own name at this machine (DNS rebinding), and its
 * requests then bear that name. Where the service listens beyond loopback, an IP address will do: no rebinding can produce one.
 */
export function isAllowedHost(header: string | undefined, names: readonly string[], anyAddress: boolean): boolean {
  const url = URL.parse(`http://${header ?? ""}`);
  // What a URL would read as more than a host and a port is no Host header (RFC 9110 §7.2).
  if (!url || !header || /[/@?#\\\s]/.test(header)) return false;
  const name = url.hostname.replace(/^\[|\]$/g, "");
  return (
    names.some((allowed) => [url.host, url.hostname, name].includes(allowed.toLowerCase())) ||
    (anyAddress && isIP(name) > 0)
  );
}

/** Methods that change nothing (RFC 9110 §9.2.1). */
const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/**
 * Whether a request that changes something comes from a page of this service, of an allowed origin, or from no page at all. A token is
 * needed besides; this holds where a token has leaked into a browser.
 */
export function isAllowedOrigin({ method = "GET", headers }: IncomingMessage, allowed: readonly string[]): boolean {
  if (safeMethods.has(method)) return true;
  const { origin, host } = headers;
  // Browsers send one of the two with every request of this kind; programs send neither.
  if (origin === undefined) return !["cross-site", "same-site"].includes(String(headers["sec-fetch-site"] ?? ""));
  const from = URL.parse(origin);
  return (from !== null && from.host === host?.toLowerCase()) || allowed.includes(origin);
}
