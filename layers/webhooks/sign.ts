import { createHmac } from "node:crypto";

/**
 * The headers of a message by Standard Webhooks: its id, the time of the attempt, and an HMAC-SHA256 of both and the body.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * @param secret `whsec_` and the key in base64, or a text whose bytes are the key; without one nothing is signed
 */
export function signedHeaders(message: {
  id: string;
  at: Date;
  body: string;
  secret?: string | undefined;
}): Record<string, string> {
  const { id, at, body, secret } = message;
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const headers = { "webhook-id": id, "webhook-timestamp": timestamp };
  if (secret === undefined) return headers;
  const signature = createHmac("sha256", keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { ...headers, "webhook-signature": `v1,${signature}` };
}

function keyOf(secret: string): Buffer {
  const base64 = /^whsec_([A-Za-z0-9+/_-]+={0,2})$/.exec(secret)?.[1];
  return base64 === undefined ? Buffer.from(secret) : Buffer.from(base64, "base64");
}
