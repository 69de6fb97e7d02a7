import { readFile } from "node:fs/promises";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { join } from "node:path";
import { pageHeaders } from "../../app/index.ts";
import { builtPage } from "./build.ts";

export type PageOptions = {
  /** Where the page is built to, unless it is built already. */
  cacheDirectory: string;
  /** The origin that files are sent to and played from. */
  s3Url: string;
  frugal?: boolean;
};

const types: Record<string, string> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

/** Everything of the page; what else is asked for is the API's. */
const pagePath = /^\/(?:index\.html|favicon\.svg|assets\/[\w-]+\.(?:js|css))?$/;

/** The page of this installation, on the way to the API. It is built when it is first asked for. */
export class Page {
  readonly #options: PageOptions;
  #folder: Promise<string | undefined> | undefined;

  constructor(options: PageOptions) {
    this.#options = options;
  }

  /** Builds the page where that is not done yet. @returns its folder; undefined where this installation has none */
  folder(): Promise<string | undefined> {
    const { cacheDirectory, frugal = false } = this.#options;
    this.#folder ??= builtPage(cacheDirectory, { frugal });
    // The next request tries again.
    this.#folder.catch(() => {
      this.#folder = undefined;
    });
    return this.#folder;
  }

  /** Answers requests for the page, and hands on all others. */
  route(next: RequestListener): RequestListener {
    return (request, response) => {
      const path = (request.url ?? "/").split("?")[0] ?? "/";
      const asked = (request.method === "GET" || request.method === "HEAD") && pagePath.test(path);
      if (!asked) return next(request, response);
      this.#answer(path, request, response).catch((error: Error) => {
        if (response.headersSent) return response.destroy(error);
        response.writeHead(500, { "content-type": "text/plain; charset=utf-8" });
        response.end(`The page could not be built: ${error.message}\n`);
      });
    };
  }

  async #answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const folder = await this.folder();
    const name = path === "/" ? "index.html" : path.slice(1);
    const bytes = folder === undefined ? undefined : await readFile(join(folder, name)).catch(() => undefined);
    if (!bytes) {
      response.writeHead(404, { "content-type": "text/plain; charset=utf-8", ...this.#headers(false) });
      response.end(folder === undefined ? "This installation has no page; the API is at /v1.\n" : "Not found\n");
      return;
    }
    const type = types[name.split(".").at(-1) ?? ""] ?? "application/octet-stream";
    response.writeHead(200, {
      "content-type": type,
      "content-length": bytes.length,
      ...this.#headers(name.startsWith("assets/")),
    });
    response.end(request.method === "HEAD" ? undefined : bytes);
  }

  /** @param hashed a name that never means other bytes */
  #headers(hashed: boolean): Record<string, string> {
    return {
      "cache-control": hashed ? "public, max-age=31536000, immutable" : "no-cache",
      ...pageHeaders([this.#options.s3Url]),
    };
  }
}
