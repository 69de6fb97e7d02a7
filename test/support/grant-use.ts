import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LocalHost } from "../../stacks/local/host.ts";

/** The folder that `npm run check:grants` reads; without the variable nothing is kept. */
export const grantUseVariable = "HALFGIG_GRANT_USE";

/** Keeps what a host's functions may do and did, for the report over the whole suite. */
export async function keepGrantUse(host: LocalHost): Promise<void> {
  const folder = process.env[grantUseVariable];
  if (folder) await writeFile(join(folder, `${randomUUID()}.json`), JSON.stringify(host.grants()));
}
