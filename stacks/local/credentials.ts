import { randomBytes } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const pairSchema = z.object({ accessKeyId: z.string(), secretAccessKey: z.string() });
const fileSchema = z.object({ accessToken: z.string(), principals: z.record(z.string(), pairSchema) });

export type KeyPair = z.output<typeof pairSchema>;

/** The access token of the HTTP API, and one key pair for every principal: each function, and the state machine. */
export type Credentials = { accessToken: string; principals: ReadonlyMap<string, KeyPair> };

/**
 * Credentials live as long as the data directory: a presigned address stays good over a restart.
 * The file is readable by its owner only.
 */
export async function loadCredentials(directory: string, principals: readonly string[]): Promise<Credentials> {
  const path = join(directory, "credentials.json");
  const stored = await readFile(path, "utf8").then(
    (text) => fileSchema.parse(JSON.parse(text)),
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    },
  );
  const missing = principals.filter((name) => !stored?.principals[name]);
  const complete = {
    accessToken: stored?.accessToken ?? `hg_${randomBytes(24).toString("base64url")}`,
    principals: { ...stored?.principals, ...Object.fromEntries(missing.map((name) => [name, newPair()])) },
  };
  if (!stored || missing.length > 0) await writePrivately(path, JSON.stringify(complete, null, 2));
  return { accessToken: complete.accessToken, principals: new Map(Object.entries(complete.principals)) };
}

function newPair(): KeyPair {
  // The shape of AWS's own: tools that check it keep working.
  const accessKeyId = `AKIA${randomBytes(10).toString("hex").toUpperCase().slice(0, 16)}`;
  return { accessKeyId, secretAccessKey: randomBytes(30).toString("base64") };
}

async function writePrivately(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}`;
  await rm(temporary, { force: true });
  await writeFile(temporary, text, { mode: 0o600, flag: "wx" });
  await rename(temporary, path);
}
