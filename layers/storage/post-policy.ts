import { createHmac } from "node:crypto";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { s3 } from "./client.ts";

/** A form that a browser may send as it is: `multipart/form-data` with these fields first and the file, named `file`, last. */
export type PresignedForm = { method: "POST"; url: string; fields: Record<string, string>; expiresAt: string };

const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();

/**
 * A POST policy for one key: S3 takes a file of `minBytes` to `maxBytes` there, and nothing else.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 */
export async function presignForm(request: {
  bucket: string;
  key: string;
  minBytes: number;
  maxBytes: number;
  expiresSeconds: number;
  now?: Date;
}): Promise<PresignedForm> {
  const { bucket, key, minBytes, maxBytes, expiresSeconds, now = new Date() } = request;
  const { accessKeyId, secretAccessKey, sessionToken } = await s3().config.credentials();
  const region = await s3().config.region();
  const time = now.toISOString().replace(/[-:]|\.\d+/g, "");
  const day = time.slice(0, 8);
  const fields: Record<string, string> = {
    key,
    // Without it S3 answers 204 and a browser shows nothing.
    success_action_status: "201",
    "x-amz-algorithm": "AWS4-HMAC-SHA256",
    "x-amz-credential": `${accessKeyId}/${day}/${region}/s3/aws4_request`,
    "x-amz-date": time,
    ...(sessionToken ? { "x-amz-security-token": sessionToken } : {}),
  };
  const expiresAt = new Date(now.getTime() + expiresSeconds * 1000).toISOString();
  const policy = {
    expiration: expiresAt,
    conditions: [
      { bucket },
      ["content-length-range", minBytes, maxBytes],
      ...Object.entries(fields).map(([name, value]) => ({ [name]: value })),
    ],
  };
  const encoded = Buffer.from(JSON.stringify(policy)).toString("base64");
  const signingKey = ["s3", "aws4_request"].reduce(
    (secret, part) => hmac(secret, part),
    hmac(hmac(`AWS4${secretAccessKey}`, day), region),
  );
  const signature = hmac(signingKey, encoded).toString("hex");
  return {
    method: "POST",
    url: await bucketAddress(bucket),
    fields: { ...fields, policy: encoded, "x-amz-signature": signature },
    expiresAt,
  };
}

/** Where forms for the bucket are sent to, as the SDK itself would address it: the endpoint that is set, or AWS's own. */
async function bucketAddress(bucket: string): Promise<string> {
  const object = new URL(await getSignedUrl(s3(), new GetObjectCommand({ Bucket: bucket, Key: "x" })));
  return object.origin + object.pathname.replace(/x$/, "").replace(/(.)\/$/, "$1");
}
