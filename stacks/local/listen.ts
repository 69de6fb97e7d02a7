import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { MediaError } from "../../layers/core/index.ts";

export type Listening = { server: Server; port: number; url: string; close(): Promise<void> };

/** Listens on loopback, where no other address is given. @param port 0 for any free one */
export async function listenOnLoopback(
  listener: RequestListener,
  port: number,
  address = "127.0.0.1",
): Promise<Listening> {
  // Node ends a request after 300 s by default; an upload over a slow line takes longer.
  // The time for headers has to be said: without it Node takes the other limit, none, for both.
  const server = createServer({ requestTimeout: 0, headersTimeout: 60_000 }, listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, resolve);
  });
  const { port: actual } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { server, port: actual, url: ownUrl(address, actual), close };
}

/** Whether nothing but this machine reaches the address. */
export const isLoopback = (address: string) => /^127\.|^::1$|^localhost$/.test(address);

/** Where this machine itself reaches what listens on an address. */
export function ownUrl(address: string, port: number): string {
  const isWildcard = address === "0.0.0.0" || address === "::";
  return `http://${isWildcard ? "127.0.0.1" : address.includes(":") ? `[${address}]` : address}:${port}`;
}

/** Says which option chooses another port, where the port is taken. */
export function explainListenError(option: string): (error: NodeJS.ErrnoException & { port?: number }) => never {
  return (error) => {
    if (error.code !== "EADDRINUSE") throw error;
    throw new MediaError(
      "host.port_in_use",
      `Port ${error.port} is taken by another program. Stop it, or choose another port with ${option} (0 is any free one).`,
      { cause: error },
    );
  };
}
