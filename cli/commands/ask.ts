import { exitStatus } from "../exit-status.ts";
import { answerText } from "../found.ts";
import { parseSearchFlags, searchUsage } from "../search-flags.ts";
import { openService } from "../service.ts";

/** `halfgig ask "…"`: an answer with its citations. @throws UsageError */
export async function ask(argv: readonly string[]): Promise<number> {
  const { help, json, text, limit, filters, dataDirectory } = parseSearchFlags("ask", argv);
  if (help) {
    process.stdout.write(searchUsage);
    return exitStatus.done;
  }
  await using service = await openService(dataDirectory, (line) => process.stderr.write(`halfgig: ${line}\n`));
  const answer = await service.api.ask({ question: text, ...(limit ? { passages: limit } : {}), ...filters });
  process.stdout.write(json ? `${JSON.stringify(answer, null, 2)}\n` : answerText(answer));
  return answer.citations.length > 0 ? exitStatus.done : exitStatus.failed;
}
