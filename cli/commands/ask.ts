import { exitStatus } from "../exit-status.ts";
import { answerText } from "../found.ts";
import { parseSearchFlags, searchUsage } from "../search-flags.ts";
import { openService } from "../service.ts";
import { writeAnswer } from "../streamed-answer.ts";

/** `halfgig ask "…"`: an answer with its citations. @throws UsageError */
export async function ask(argv: readonly string[]): Promise<number> {
  const { help, json, text, limit, filters, dataDirectory } = parseSearchFlags("ask", argv);
  if (help) {
    process.stdout.write(searchUsage);
    return exitStatus.done;
  }
  await using service = await openService(dataDirectory, (line) => process.stderr.write(`halfgig: ${line}\n`));
  const question = { question: text, ...(limit ? { passages: limit } : {}), ...filters };
  // Who looks on sees it being written; who reads it by a program has it whole, or an error.
  if (process.stdout.isTTY && !json) {
    const { citations } = await writeAnswer(service.api.askStream(question), (words) => process.stdout.write(words));
    return citations.length > 0 ? exitStatus.done : exitStatus.failed;
  }
  const answer = await service.api.ask(question);
  process.stdout.write(json ? `${JSON.stringify(answer, null, 2)}\n` : answerText(answer));
  return answer.citations.length > 0 ? exitStatus.done : exitStatus.failed;
}
