import { existsSync } from "node:fs";
import { join } from "node:path";
import { MediaError } from "../layers/core/index.ts";
import { readAddresses } from "../stacks/local/addresses.ts";
import { loadCredentials } from "../stacks/local/credentials.ts";
import { ApiClient } from "./client.ts";
import { openHost } from "./open-host.ts";
import { defaultDataDirectory } from "./options.ts";

/** A service to ask: the one that runs, or one of one's own for as long as the command takes. */
export type OpenedService = AsyncDisposable & { api: ApiClient };

/**
 * The `halfgig serve` of a data directory where one runs; else the host in which `halfgig <file>` keeps what it transcribed.
 * @throws MediaError `host.not_running` where neither is there
 */
export async function openService(
  dataDirectory: string | undefined,
  onNotice: (line: string) => void,
): Promise<OpenedService> {
  const base = dataDirectory ?? defaultDataDirectory(process.env);
  const served = join(base, "serve");
  const addresses = await readAddresses(served);
  // A host that was killed has left its addresses behind.
  const runs = addresses && (await fetch(`${addresses.gateway}/health`).catch(() => undefined));
  if (addresses && runs) {
    await runs.body?.cancel();
    const { accessToken } = await loadCredentials(served, []);
    return { api: new ApiClient(addresses.gateway, accessToken), [Symbol.asyncDispose]: async () => undefined };
  }
  if (!existsSync(join(base, "cli"))) {
    throw new MediaError(
      "host.not_running",
      `There is nothing to search in ${base}: no halfgig serve runs there, and no file was transcribed. \`halfgig <file>\` does that; --data names another directory.`,
    );
  }
  const opened = await openHost({
    ...{ model: undefined, memoryMB: undefined, asrProvider: undefined },
    dataDirectory,
    kind: "cli",
    onNotice,
  });
  // What was just transcribed may still be on its way into the index.
  for (const arn of opened.host.resumed) await opened.host.states.wait(arn);
  return { api: new ApiClient(opened.host.url, opened.host.accessToken), [Symbol.asyncDispose]: () => opened.close() };
}
