import { exitStatus } from "../exit-status.ts";
import { passagesText } from "../found.ts";
import { parseSearchFlags, searchUsage } from "../search-flags.ts";
import { openService } from "../service.ts";

/** `halfgig search "…"`: passages with file and time. Status 1 where nothing was found, as grep has it. @throws UsageError */
export async function search(argv: readonly string[]): Promise<number> {
  const { help, json, text, limit, mode, filters, dataDirectory } = parseSearchFlags("search", argv);
  if (help) {
    process.stdout.write(searchUsage);
    return exitStatus.done;
  }
  await using service = await openService(dataDirectory, (line) => process.stderr.write(`halfgig: ${line}\n`));
  const chosen = { ...(limit ? { limit: String(limit) } : {}), ...(mode ? { mode } : {}) };
  const found = await service.api.search({ q: text, ...chosen, ...filters });
  process.stdout.write(
    json
      ? `${JSON.stringify(found, null, 2)}\n`
      : passagesText(found, { colour: process.stdout.isTTY && process.stdout.hasColors() }),
  );
  return found.passages.length > 0 ? exitStatus.done : exitStatus.failed;
}
