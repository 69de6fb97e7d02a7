import { createHmac } from "node:crypto";
import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { openReceiver, type ReceivedRequest } from "../../test/support/receiver.ts";
import { AddressGuard } from "../fetch/index.ts";
import { deliver, signedHeaders } from "./index.ts";

let open = new AsyncDisposableStack();
afterEach(async () => {
  await open.disposeAsync();
  open = new AsyncDisposableStack();
});

/** A receiver on loopback, and the guard that lets this one through. */
async function receiver(answer: (response: ServerResponse) => void) {
  const told: ReceivedRequest[] = [];
  const { url, host } = open.use(
    await openReceiver((request, response) => {
      told.push(request);
      answer(response);
    }),
  );
  return { told, url: `${url}/hook`, guard: new AddressGuard({ allowHosts: [host] }) };
}

const news = { id: "msg_1", body: '{"type":"job.done"}' };
const reply =
  (status: number, headers = {}) =>
  (response: ServerResponse) =>
    response.writeHead(status, headers).end();

describe("a signed message", () => {
  it("is the one that the specification of Standard Webhooks gives as an example", () => {
    // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    const headers = signedHeaders({
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
      at: new Date(1_614_265_330_000),
      body: '{"test": 2432232314}',
      secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    });
    expect(headers["webhook-signature"]).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    expect(headers["webhook-timestamp"]).toBe("1614265330");
  });
});

describe("a receiver", () => {
  it("is told once, with a signature that it can check", async () => {
    const { told, url, guard } = await receiver(reply(204));
    const secret = "a secret of many characters";
    expect(await deliver({ url, secret }, news, { guard })).toMatchObject({ delivered: true, outcome: 204 });
    const [message] = told;
    const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature } = message?.headers ?? {};
    const expected = createHmac("sha256", secret).update(`${id}.${at}.${message?.body}`).digest("base64");
    expect([id, signature, String(message?.body)]).toEqual(["msg_1", `v1,${expected}`, news.body]);
    expect(Math.abs(Number(at) - Date.now() / 1000)).toBeLessThan(60);
    expect(told).toHaveLength(1);
    expect(JSON.stringify(told)).not.toContain(secret);
  });

  it.each([
    ["a failure", reply(500), 500, false],
    ["a refusal", reply(403), 403, false],
    ["never again", reply(410), 410, true],
    ["a redirect", reply(302, { location: "http://169.254.169.254/latest" }), 302, false],
    ["nothing, and hangs up", (response: ServerResponse) => void response.destroy(), "source.unavailable", false],
    ["nothing", () => undefined, "source.too_slow", false],
  ])("that answers with %s has not taken it", async (_name, answer, outcome, final) => {
    const { url, guard } = await receiver(answer);
    expect(await deliver({ url }, news, { guard, withinMs: 300 })).toMatchObject({ delivered: false, outcome, final });
  });

  it.each([
    ["loopback", "http://127.0.0.1/hook"],
    ["the metadata service", "http://169.254.169.254/latest/meta-data"],
    ["the metadata service in decimal", "http://2852039166/"],
    ["an inner network", "https://10.0.0.1/"],
    ["another port", "https://example.org:8443/"],
  ])("may not be %s, and is not asked again", async (_name, url) => {
    const { outcome, final } = await deliver({ url }, news, { guard: new AddressGuard() });
    expect([outcome, final]).toEqual([expect.stringMatching(/^source\.forbidden/), true]);
  });
});
