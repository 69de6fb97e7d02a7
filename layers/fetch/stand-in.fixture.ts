import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A server on loopback that counts who comes: for what must not be asked, and for sites. */
export class StandIn implements AsyncDisposable {
  connections = 0;
  readonly requests: { path: string; headers: IncomingMessage["headers"] }[] = [];
  readonly #server = createServer();
  #port = 0;

  static async start(
    answer: RequestListener = (_, response) => void response.end("secret"),
    host = "127.0.0.1",
  ): Promise<StandIn> {
    const standIn = new StandIn();
    standIn.#server.on("connection", (socket) => {
      standIn.connections += 1;
      socket.on("error", () => undefined);
    });
    standIn.#server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      standIn.requests.push({ path: request.url ?? "", headers: request.headers });
      answer(request, response);
    });
    standIn.#server.listen(0, host);
    await once(standIn.#server, "listening");
    standIn.#port = (standIn.#server.address() as AddressInfo).port;
    return standIn;
  }

  get port(): number {
    return this.#port;
  }

  get host(): string {
    return `127.0.0.1:${this.#port}`;
  }

  url(path: string): string {
    return `http://${this.host}${path}`;
  }

  asked(path: string): number {
    return this.requests.filter((request) => request.path === path).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
