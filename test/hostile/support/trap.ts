import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A server on loopback that nobody should call: what an input makes somebody ask for is kept. */
export type Trap = AsyncDisposable & { url: string; visits: string[] };

export async function openTrap(): Promise<Trap> {
  const visits: string[] = [];
  const server = createServer((request, response) => {
    visits.push(`${request.method} ${request.url}`);
    response.end("#EXTM3U\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    visits,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
