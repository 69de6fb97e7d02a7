import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const addressesSchema = z.object({ gateway: z.string(), s3: z.string(), api: z.string() });

/** Where a running host listens: its HTTP API, S3, and one address for Step Functions and Lambda. */
export type Addresses = z.output<typeof addressesSchema>;

const pathIn = (dataDirectory: string) => join(dataDirectory, "addresses.json");

/** Kept while the host runs. @returns how to take it away again */
export async function publishAddresses(dataDirectory: string, addresses: Addresses): Promise<() => Promise<void>> {
  const path = pathIn(dataDirectory);
  await writeFile(path, JSON.stringify(addresses, null, 2), { mode: 0o600 });
  return () => rm(path, { force: true });
}

/** @returns undefined where no host has said so; one that was killed has, and is gone all the same */
export async function readAddresses(dataDirectory: string): Promise<Addresses | undefined> {
  const text = await readFile(pathIn(dataDirectory), "utf8").catch(() => undefined);
  return text === undefined ? undefined : addressesSchema.parse(JSON.parse(text));
}
