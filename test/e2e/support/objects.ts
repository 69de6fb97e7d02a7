import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import type { DemoHost } from "./demo-host.ts";

/** Keys under a prefix, listed with the credentials of a principal that may list it. */
export async function keysUnder(
  { host, directory }: DemoHost,
  prefix: string,
  { bucket = "halfgig-results", principal = prefix.startsWith("jobs/") ? "jobs" : "machine:media" } = {},
): Promise<string[]> {
  const file = JSON.parse(await readFile(join(directory, "data", "credentials.json"), "utf8")) as {
    principals: Record<string, { accessKeyId: string; secretAccessKey: string }>;
  };
  const credentials = file.principals[principal];
  if (!credentials) throw new Error(`${principal} has no credentials`);
  const client = new S3Client({ endpoint: host.s3Url, region: "us-east-1", credentials });
  try {
    const page = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
    return (page.Contents ?? []).map((object) => object.Key ?? "");
  } finally {
    client.destroy();
  }
}

/** A function's log below a host's data directory, START and END lines included. */
export async function functionLog(dataDirectory: string, name: string): Promise<string> {
  const folder = join(dataDirectory, "lambda", "logs");
  const files = (await readdir(folder)).filter((file) => file.startsWith(`${name}.log`));
  return (await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")))).join("");
}

/** How often each window's inference ran to its end, by the key of its result. */
export async function inferencesByWindow(dataDirectory: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const [, key = ""] of (await functionLog(dataDirectory, "infer")).matchAll(
    /"message":"window inferred".*?"key":"([^"]+)"/g,
  )) {
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
