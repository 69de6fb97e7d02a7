import { request } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { AddressGuard } from "./guard.ts";
import { GuardingProxy } from "./proxy.ts";
import { StandIn } from "./stand-in.fixture.ts";

async function open(maxBytes = 10_000_000) {
  const server = await StandIn.start((asked, response) => {
    if (asked.url === "/endless") return void response.write(Buffer.alloc(5_000_000));
    response.end(`hello ${asked.url}`);
  });
  const guard = new AddressGuard({ allowHosts: [server.host] });
  const proxy = await GuardingProxy.start({ guard, stallMs: 2000, maxBytes });
  const { port, username, password } = new URL(proxy.url);
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  return {
    ...{ server, proxy, port: Number(port), authorization },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

function get(port: number, path: string, headers: Record<string, string>): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path, headers, agent: false }, (reply) =>
      text(reply).then((body) => resolve({ status: reply.statusCode ?? 0, body }), reject),
    )
      .on("error", reject)
      .end();
  });
}

it("passes on plain requests, without the credential", async () => {
  await using it = await open();
  const headers = { "proxy-authorization": it.authorization, cookie: "a=b" };
  expect(await get(it.port, it.server.url("/page"), headers)).toEqual({ status: 200, body: "hello /page" });
  expect(it.server.requests[0]?.headers).toMatchObject({ host: it.server.host, cookie: "a=b" });
  expect(it.server.requests[0]?.headers).not.toHaveProperty("proxy-authorization");
});

it("tunnels", async () => {
  await using it = await open();
  const socket = connect(it.port, "127.0.0.1");
  socket.write(`CONNECT ${it.server.host} HTTP/1.1\r\nProxy-Authorization: ${it.authorization}\r\n\r\n`);
  socket.write(`GET /inner HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
  const said = await text(socket);
  expect(said).toMatch(/^HTTP\/1\.1 200 /);
  expect(said).toContain("hello /inner");
});

it.each([["nobody"], ["somebody else"]])("answers 407 to %s, and asks nobody", async (who) => {
  await using it = await open();
  const other = Buffer.from("halfgig:guess").toString("base64");
  const headers: Record<string, string> = who === "nobody" ? {} : { "proxy-authorization": `Basic ${other}` };
  expect(await get(it.port, it.server.url("/page"), headers)).toMatchObject({ status: 407 });
  expect(it.server.connections).toBe(0);
});

it("lets no more in than it may, over all connections", async () => {
  await using it = await open(1_000_000);
  const headers = { "proxy-authorization": it.authorization };
  await expect(get(it.port, it.server.url("/endless"), headers)).rejects.toThrow();
  expect(it.proxy.refusals).toMatchObject([{ code: "source.too_large" }]);
});
