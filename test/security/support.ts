import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { ApiClient } from "../../cli/client.ts";
import type { Scope } from "../../layers/access/index.ts";
import type { DemoHost } from "../e2e/support/demo-host.ts";

export type Asked = { status: number; text: string; headers: Headers };

/** One request as anybody could send it. */
export async function ask(
  demo: DemoHost,
  token: string | undefined,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Asked> {
  const reply = await fetch(demo.host.url + path, {
    method,
    redirect: "manual",
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      "content-type": "application/json",
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: reply.status, text: await reply.text(), headers: reply.headers };
}

export type Someone = { tenant: string; keyId: string; key: string; api: ApiClient };

/** A key made through the API, with the host's own token. */
export async function someone(demo: DemoHost, tenant: string, scopes: readonly Scope[]): Promise<Someone> {
  const body = { tenant, name: `${tenant}'s`, scopes };
  const made = await ask(demo, demo.host.accessToken, "POST", "/v1/keys", body);
  if (made.status !== 201) throw new Error(made.text);
  const { keyId, key } = JSON.parse(made.text) as { keyId: string; key: string };
  return { tenant, keyId, key, api: new ApiClient(demo.host.url, key) };
}

/** Objects of the results bucket, read with the credentials of the person who runs the host. */
export async function textsOf({ host, directory }: DemoHost, keys: readonly string[]): Promise<string[]> {
  const file = JSON.parse(await readFile(join(directory, "data", "credentials.json"), "utf8")) as {
    principals: Record<string, { accessKeyId: string; secretAccessKey: string }>;
  };
  const client = new S3Client({ endpoint: host.s3Url, region: "us-east-1", credentials: file.principals.tools! });
  try {
    const get = async (Key: string) => {
      const reply = await client.send(new GetObjectCommand({ Bucket: "halfgig-results", Key }));
      return reply.Body!.transformToString();
    };
    return await Promise.all(keys.map(get));
  } finally {
    client.destroy();
  }
}
