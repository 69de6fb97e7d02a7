/** Where in the page somebody is; kept behind the address's `#`, so that any static host can serve it. */
export type Route =
  | { view: "files" }
  | { view: "job"; jobId: string; atMs: number | undefined }
  | { view: "search"; query: string; ask: boolean }
  | { view: "machine" };

export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?");
  const parameters = new URLSearchParams(query);
  const job = /^\/jobs\/([0-9a-z]+)$/.exec(path);
  if (job?.[1]) {
    const seconds = Number(parameters.get("t") ?? Number.NaN);
    return { view: "job", jobId: job[1], atMs: Number.isFinite(seconds) ? Math.round(seconds * 1000) : undefined };
  }
  if (path === "/search") return { view: "search", query: parameters.get("q") ?? "", ask: parameters.has("ask") };
  if (path === "/machine") return { view: "machine" };
  return { view: "files" };
}

export const filesLink = "#/";
export const machineLink = "#/machine";
export const searchLink = (query = "", ask = false) =>
  query ? `#/search?q=${encodeURIComponent(query)}${ask ? "&ask=1" : ""}` : "#/search";
export const jobLink = (jobId: string, atMs?: number) =>
  `#/jobs/${jobId}${atMs === undefined ? "" : `?t=${(atMs / 1000).toFixed(2)}`}`;
