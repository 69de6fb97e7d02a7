import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename } from "node:path";

/** A site with one file, at `url`, for jobs that fetch it; `host` is its name and port. */
export async function openSite(
  path: string,
  contentType: string,
): Promise<{ host: string; url: string } & AsyncDisposable> {
  const name = basename(path);
  const server = createServer((request, response) => {
    if (request.url !== `/${name}`) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": contentType });
    createReadStream(path).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `http://${host}/${name}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
