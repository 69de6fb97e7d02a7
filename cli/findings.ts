import { namesOfLanguages, unrecognisedWarning } from "../layers/transcript/index.ts";
import type { JobStatus } from "./client.ts";
import type { TextOptions } from "./subtitle-flags.ts";

type Job = Pick<JobStatus, "language" | "languages" | "warnings" | "leftOut" | "options">;

const unrecognisedHint =
  "a larger model (such as --model base) or the language that is spoken there (--language) may make words of it";

/** What people are told of a recording beside its text: languages, warnings and what helps, and how much is not printed. */
export function* findings(job: Job, { keepDoubtful = false }: TextOptions): Generator<string> {
  const spoken = namesOfLanguages(job);
  if (spoken !== undefined) yield `language: ${spoken}`;
  for (const warning of job.warnings ?? []) {
    yield warning;
    if (warning.includes(unrecognisedWarning) && !job.options.transcript) yield unrecognisedHint;
  }
  if (!job.leftOut || keepDoubtful) return;
  const lines = job.leftOut === 1 ? "1 line was" : `${job.leftOut} lines were`;
  yield `${lines} left out, because nobody is believed to have said so; --keep-doubtful prints what is left out`;
}
