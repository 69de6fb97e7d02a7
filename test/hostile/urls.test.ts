import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  AddressGuard,
  Download,
  GuardingProxy,
  guardedRequest,
  type Resolve,
  store,
} from "../../layers/fetch/index.ts";
import { StandIn } from "../../layers/fetch/stand-in.fixture.ts";
import { expiredCertificate } from "./expired-certificate.fixture.ts";

/** Stands for the metadata service, and for everything else that listens inside: nothing may ever connect to it. */
let inside: StandIn;
/** A server that may be asked, with every trick in the table on a path of its own. */
let outside: StandIn;

const megabyte = Buffer.alloc(1_048_576);

beforeAll(async () => {
  inside = await StandIn.start();
  outside = await StandIn.start((request, response) => {
    const url = new URL(request.url ?? "", "http://outside");
    const to = url.searchParams.get("to");
    if (to !== null) return void response.writeHead(302, { location: to }).end();
    if (url.pathname === "/loop") return void response.writeHead(302, { location: "/loop" }).end();
    if (url.pathname === "/lying") {
      response.writeHead(200, { "content-length": "1000000" });
      return void response.write("short", () => response.destroy());
    }
    if (url.pathname === "/huge") return void response.writeHead(200, { "content-length": "99000000000" }).end();
    if (url.pathname === "/gzip") return void response.writeHead(200, { "content-encoding": "gzip" }).end("\x1f\x8b");
    if (url.pathname === "/silent") return;
    if (url.pathname === "/stalls") return void response.writeHead(200).write("a little");
    if (url.pathname === "/challenge") return void response.writeHead(503, { "cf-mitigated": "challenge" }).end();
    const more = (): void => {
      while (!response.destroyed) if (!response.write(megabyte)) return void response.once("drain", more);
    };
    more();
  });
});
afterAll(async () => {
  await inside[Symbol.asyncDispose]();
  await outside[Symbol.asyncDispose]();
});

/** Names as a DNS of a stranger answers them; `rebinding.test` is public the first time and inside ever after. */
function strangersDns(): Resolve {
  let asked = 0;
  return async (name) => {
    const inner = [{ address: "127.0.0.1", family: 4 }];
    const outer = [{ address: "93.184.216.34", family: 4 }];
    if (name === "rebinding.test") return asked++ === 0 ? outer : inner;
    if (name === "mixed.test") return [...outer, ...inner];
    if (name === "mapped.test") return [{ address: "::ffff:127.0.0.1", family: 6 }];
    return inner;
  };
}

/** Port 80 of inside and outside, as far as the guard knows; `outside` is allowed by name besides. */
const guard = () =>
  new AddressGuard({ allowHosts: [outside.host], ports: [80, 443, inside.port], resolve: strangersDns() });

async function fetchAll(address: string): Promise<number> {
  await using download = await Download.open(address, {
    guard: guard(),
    maxBytes: 20 * 1_048_576,
    stallMs: 300,
    backoffMs: 1,
  });
  let size = 0;
  for await (const bytes of download.bytes()) size += bytes.length;
  return size;
}

describe("an address that leads inside", () => {
  afterEach(() => expect(inside.connections).toBe(0));

  const literal = (host: string) => () => `http://${host}:${inside.port}/latest/meta-data/`;
  const redirect = (to: () => string) => () => outside.url(`/?to=${encodeURIComponent(to())}`);

  const rows: [what: string, address: () => string, code: string][] = [
    ["the loopback address", literal("127.0.0.1"), "source.forbidden_address"],
    ["in decimal", literal("2130706433"), "source.forbidden_address"],
    ["in octal", literal("0177.0.0.01"), "source.forbidden_address"],
    ["in hexadecimal", literal("0x7f000001"), "source.forbidden_address"],
    ["in two parts", literal("127.1"), "source.forbidden_address"],
    ["in full-width digits", literal("１２７.0.0.1"), "source.forbidden_address"],
    ["percent-encoded", literal("%31%32%37.0.0.1"), "source.forbidden_address"],
    ["mapped into IPv6", literal("[::ffff:127.0.0.1]"), "source.forbidden_address"],
    ["IPv6 loopback", literal("[::1]"), "source.forbidden_address"],
    ["no address in particular", literal("0.0.0.0"), "source.forbidden_address"],
    ["the machine's own name", literal("localhost"), "source.forbidden_address"],
    ["with a dot at the end", literal("localhost."), "source.forbidden_address"],
    ["the metadata service in decimal", () => "http://2852039166/latest/", "source.forbidden_address"],
    ["in octal parts", () => "http://0251.0376.0251.0376/", "source.forbidden_address"],
    ["in hexadecimal", () => "http://0xa9fea9fe/", "source.forbidden_address"],
    ["mapped", () => "http://[::ffff:169.254.169.254]/", "source.forbidden_address"],
    ["over NAT64", () => "http://[64:ff9b::a9fe:a9fe]/", "source.forbidden_address"],
    ["over IPv6", () => "http://[fd00:ec2::254]/latest/", "source.forbidden_address"],
    ["a name that resolves inside", literal("inside.test"), "source.forbidden_address"],
    ["a name that resolves to both", literal("mixed.test"), "source.forbidden_address"],
    ["a name with a mapped address", literal("mapped.test"), "source.forbidden_address"],
    ["a redirect to metadata", redirect(() => "http://169.254.169.254/latest/"), "source.forbidden_address"],
    ["a redirect to loopback", redirect(literal("127.0.0.1")), "source.forbidden_address"],
    ["a redirect to a name inside", redirect(literal("inside.test")), "source.forbidden_address"],
    ["a redirect to a file", redirect(() => "file:///proc/self/environ"), "source.forbidden_url"],
    ["a redirect with userinfo", redirect(() => `http://${outside.host}@127.0.0.1/`), "source.forbidden_url"],
    ["userinfo that looks like the host", () => `http://example.com@127.0.0.1:${inside.port}/`, "source.forbidden_url"],
    ["a password", () => "https://user:secret@example.com/", "source.forbidden_url"],
    ["a file", () => "file:///etc/passwd", "source.forbidden_url"],
    ["gopher", () => `gopher://127.0.0.1:${inside.port}/_GET`, "source.forbidden_url"],
    ["data", () => "data:audio/wav;base64,AAAA", "source.forbidden_url"],
    ["another port", () => "http://example.com:22/", "source.forbidden_url"],
    ["the port of a database", () => "https://example.com:5432/", "source.forbidden_url"],
    ["no address", () => "not an address", "source.forbidden_url"],
    ["a backslash for a slash", () => `http://127.0.0.1:${inside.port}\\@example.com/`, "source.forbidden_address"],
  ];
  it.each(rows)("%s", async (_, address, code) => {
    await expect(fetchAll(address())).rejects.toMatchObject({ code });
  });

  it("rebinds between two questions: the address that was checked is the one that is connected to", async () => {
    const dns = strangersDns();
    const answers: string[] = [];
    const watched: Resolve = async (name) => {
      const found = await dns(name);
      answers.push(...found.map(({ address }) => address));
      return found;
    };
    const rebinding = new AddressGuard({ ports: [inside.port], resolve: watched });
    const address = `http://rebinding.test:${inside.port}/`;
    // Nothing answers at the public address from here, or something does: either way it is not the one inside.
    const first = await guardedRequest(address, { guard: rebinding, stallMs: 300 }).catch((error: unknown) => error);
    expect(answers).toEqual(["93.184.216.34"]);
    expect(first).not.toMatchObject({ code: "source.forbidden_address" });
    await expect(guardedRequest(address, { guard: rebinding })).rejects.toMatchObject({
      code: "source.forbidden_address",
    });
    expect(answers).toEqual(["93.184.216.34", "127.0.0.1"]);
  });

  it.each([
    ["GET", "an address", (port: number) => `http://127.0.0.1:${port}/`],
    ["GET", "a name", (port: number) => `http://inside.test:${port}/`],
    ["CONNECT", "an address", (port: number) => `127.0.0.1:${port}`],
    ["CONNECT", "a number", (port: number) => `2130706433:${port}`],
    ["CONNECT", "a name", (port: number) => `inside.test:${port}`],
    ["CONNECT", "a mapped address", (port: number) => `[::ffff:127.0.0.1]:${port}`],
  ])("is refused by the proxy for programs too: %s %s", async (method, _, target) => {
    await using proxy = await GuardingProxy.start({ guard: guard(), stallMs: 300, maxBytes: 1000 });
    expect(await throughProxy(proxy.url, method, target(inside.port))).toBe(403);
    expect(proxy.refusals).toMatchObject([{ code: "source.forbidden_address" }]);
  });
});

it("what is not let through by the guard is what the stand-in would have answered", async () => {
  await using other = await StandIn.start();
  const open = new AddressGuard({ allowHosts: [`127.0.0.1:${other.port}`, `localhost:${other.port}`] });
  for (const host of ["127.0.0.1", "2130706433", "0x7f.1", "localhost"]) {
    const reply = await guardedRequest(`http://${host}:${other.port}/`, { guard: open });
    expect(reply.status).toBe(200);
    reply.body.destroy();
  }
  expect(other.connections).toBe(4);
});

describe("a server that lies or stalls", () => {
  it.each([
    ["/endless", "source.too_large"],
    ["/huge", "source.too_large"],
    ["/lying", "source.unavailable"],
    ["/gzip", "source.compressed"],
    ["/silent", "source.too_slow"],
    ["/stalls", "source.too_slow"],
    ["/loop", "source.too_many_redirects"],
    ["/challenge", "source.blocked"],
  ])("%s: %s", async (path, code) => {
    const result = path === "/lying" || path === "/stalls" ? storeAll(path) : fetchAll(outside.url(path));
    await expect(result).rejects.toMatchObject({ code });
  });

  /** Without a validator a cut ends in a new start: three of them, then the reason. */
  async function storeAll(path: string): Promise<unknown> {
    const options = { guard: guard(), maxBytes: 20 * 1_048_576, stallMs: 100, backoffMs: 1 };
    return store({
      open: async () => (await Download.open(outside.url(path), options)).bytes(),
      begin: () => ({ write: async () => {}, end: async () => {}, abort: async () => {} }),
      headBytes: 4,
      inspect: () => undefined,
    });
  }

  it("keeps secrets from other servers when it redirects", async () => {
    await using other = await StandIn.start();
    const both = new AddressGuard({ allowHosts: [outside.host, other.host] });
    const headers = { authorization: "Bearer secret", cookie: "a=b", "x-kept": "1" };
    const to = outside.url(`/?to=${encodeURIComponent(other.url("/there"))}`);
    (await guardedRequest(to, { guard: both, headers })).body.destroy();
    expect(outside.requests.at(-1)?.headers).toMatchObject({ authorization: "Bearer secret", cookie: "a=b" });
    expect(other.requests[0]?.headers).toMatchObject({ "x-kept": "1" });
    expect(other.requests[0]?.headers).not.toHaveProperty("authorization");
    expect(other.requests[0]?.headers).not.toHaveProperty("cookie");
  });
});

it("an expired certificate is refused, also where its issuer is trusted", async () => {
  const server = createServer(expiredCertificate, (_, response) => void response.end("secret"));
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const before = getCACertificates("default");
  setDefaultCACertificates([...before, expiredCertificate.cert]);
  try {
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const trusting = new AddressGuard({ allowHosts: [host] });
    await expect(guardedRequest(`https://${host}/`, { guard: trusting })).rejects.toMatchObject({
      code: "source.untrusted",
      cause: { code: "CERT_HAS_EXPIRED" },
    });
  } finally {
    setDefaultCACertificates(before);
    server.close();
  }
});

/** The status that the proxy answers with. */
async function throughProxy(proxyUrl: string, method: string, path: string): Promise<number> {
  const { request } = await import("node:http");
  const { hostname, port, username, password } = new URL(proxyUrl);
  const credential = Buffer.from(`${username}:${password}`).toString("base64");
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, method, path, headers: { "proxy-authorization": `Basic ${credential}` } });
    asked.on("error", reject);
    asked.on("connect", (reply, socket) => {
      socket.destroy();
      resolve(reply.statusCode ?? 0);
    });
    asked.on("response", (reply) => {
      reply.resume();
      resolve(reply.statusCode ?? 0);
    });
    asked.end();
  });
}
