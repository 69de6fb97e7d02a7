import type { createServer } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { type Listening, listenOnLoopback } from "./listen.ts";
import { PublicAddress } from "./public-address.ts";

const open: Listening[] = [];
const listen = async (listener: Parameters<typeof createServer>[1]) => {
  const listening = await listenOnLoopback(listener!, 0);
  open.push(listening);
  return listening;
};
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

describe("one public address for the API and S3", () => {
  it("names itself in replies where a function named S3", () => {
    const address = new PublicAddress("https://media.example.org", "http://127.0.0.1:8766");
    const reply = {
      statusCode: 302,
      headers: { location: "http://127.0.0.1:8766/halfgig-results/x?X-Amz-Signature=1" },
      body: '{"url": "http://127.0.0.1:8766/halfgig-uploads/a"}',
    };
    expect(address.publish(reply)).toEqual({
      statusCode: 302,
      headers: { location: "https://media.example.org/halfgig-results/x?X-Amz-Signature=1" },
      body: '{"url": "https://media.example.org/halfgig-uploads/a"}',
    });
    expect(address.publish({ ...reply, isBase64Encoded: true })).toMatchObject({ body: reply.body });
  });

  it("hands requests for a bucket to S3 under the name that was signed, bodies and answers included, and nothing else", async () => {
    const s3 = await listen(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      response.writeHead(201, { etag: '"e"' }).end(`${request.method} ${request.headers.host} ${request.url} ${body}`);
    });
    const address = new PublicAddress("https://media.example.org", s3.url);
    const front = await listen(address.route((_, response) => void response.end("the API")));
    const put = await fetch(`${front.url}/halfgig-uploads/a?X-Amz-Signature=1`, { method: "PUT", body: "bytes" });
    expect([put.status, put.headers.get("etag")]).toEqual([201, '"e"']);
    expect(await put.text()).toBe(`PUT ${new URL(s3.url).host} /halfgig-uploads/a?X-Amz-Signature=1 bytes`);
    for (const path of ["/v1/jobs", "/halfgig-uploadsX/a", "/health"])
      expect(await (await fetch(front.url + path)).text()).toBe("the API");
  });
});
