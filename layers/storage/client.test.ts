import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { expect, it } from "vitest";
import { unavailableAware } from "./client.ts";

async function codeOf(status: number, code: string): Promise<unknown> {
  const server = createServer((_, response) => {
    response.writeHead(status, { "content-type": "application/xml" });
    response.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>no</Message></Error>`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = unavailableAware(
    new S3Client({
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: "us-east-1",
      forcePathStyle: true,
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
      maxAttempts: 1,
    }),
  );
  try {
    return await client.send(new GetObjectCommand({ Bucket: "b", Key: "k" })).then(
      () => "an object",
      (error: Error) => error.name,
    );
  } finally {
    client.destroy();
    server.closeAllConnections();
    server.close();
  }
}

it.each([
  [503, "SlowDown", "storage.unavailable"],
  [500, "InternalError", "storage.unavailable"],
  [400, "RequestTimeout", "storage.unavailable"],
  [403, "RequestTimeTooSkewed", "storage.unavailable"],
  [404, "NoSuchKey", "NoSuchKey"],
  [403, "AccessDenied", "AccessDenied"],
])("HTTP %i %s is %s to whoever asked", async (status, code, expected) => {
  expect(await codeOf(status, code)).toBe(expected);
});
