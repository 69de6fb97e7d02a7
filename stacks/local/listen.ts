import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export type Listening = { server: Server; port: number; url: string; close(): Promise<void> };

/** Listens on loopback only. @param port 0 for any free one */
export async function listenOnLoopback(listener: RequestListener, port: number): Promise<Listening> {
  // Node ends a request after 300 s by default; an upload over a slow line takes longer.
  const server = createServer({ requestTimeout: 0 }, listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const { port: actual } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { server, port: actual, url: `http://127.0.0.1:${actual}`, close };
}
