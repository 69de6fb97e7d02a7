import { exitStatus } from "../exit-status.ts";
import { parseSearchFlags, searchUsage } from "../search-flags.ts";
import { openService } from "../service.ts";
import { printable } from "../terminal.ts";

/** `halfgig reindex`: forgets all passages and makes them anew from the transcripts. @throws UsageError */
export async function reindex(argv: readonly string[]): Promise<number> {
  const { help, json, dataDirectory } = parseSearchFlags("reindex", argv);
  if (help) {
    process.stdout.write(searchUsage);
    return exitStatus.done;
  }
  const notice = (line: string) => process.stderr.write(`halfgig: ${line}\n`);
  await using service = await openService(dataDirectory, notice);
  const { embedsWith } = await service.api.clearIndex();
  notice(`embedding with ${embedsWith.id}${embedsWith.lexical ? ", which compares spelling and not meaning" : ""}`);
  const done = { jobs: 0, passages: 0, failed: 0 };
  for await (const { jobId, fileName } of service.api.finishedJobs()) {
    try {
      const passages = await service.api.indexJob(jobId);
      done.jobs++;
      done.passages += passages;
      notice(`${printable(fileName)} (${jobId}): ${passages} passages`);
    } catch (error) {
      done.failed++;
      notice(printable(`${fileName} (${jobId}): ${(error as Error).message}`));
    }
  }
  process.stdout.write(json ? `${JSON.stringify(done)}\n` : `${done.passages} passages of ${done.jobs} recordings\n`);
  return done.failed > 0 ? exitStatus.partial : exitStatus.done;
}
