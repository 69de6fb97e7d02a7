import { parseArgs } from "node:util";
import { UsageError } from "./options.ts";

export const searchUsage = `halfgig search and ask: what was said, and where

  halfgig search "<words>"       passages that answer best, best first, with file and time
  halfgig ask "<question>"       an answer with citations, by ANSWER_PROVIDER
  halfgig reindex                make the search index anew from the transcripts

      --limit <n>         passages                                  (default: 10; ask: 8)
      --mode <mode>       search: hybrid, meaning or words          (default: hybrid)
      --job <id>          in one recording
      --language <code>   in one language
      --voice <verdict>   bona_fide, spoof or uncertain
      --from <seconds>, --to <seconds>    within this part of each recording
      --since <time>, --until <time>      in recordings that were sent then
      --data <dir>        data directory                           (default: ~/.local/share/halfgig)
      --json              everything as JSON
`;

const text = { type: "string" } as const;
const flag = { type: "boolean", default: false } as const;
const options = {
  help: { ...flag, short: "h" },
  json: flag,
  data: text,
  limit: text,
  mode: text,
  job: text,
  language: text,
  voice: text,
  from: text,
  to: text,
  since: text,
  until: text,
} as const;

const filters = ["job", "language", "voice", "from", "to", "since", "until"] as const;

export type SearchFlags = {
  help: boolean;
  json: boolean;
  /** What is looked for. */
  text: string;
  limit: number | undefined;
  mode: string | undefined;
  /** As the API names them. */
  filters: Partial<Record<(typeof filters)[number], string>>;
  dataDirectory: string | undefined;
};

/** @throws UsageError */
export function parseSearchFlags(command: "search" | "ask" | "reindex", argv: readonly string[]): SearchFlags {
  const { values, positionals } = parse(argv);
  if (!values.help && command !== "reindex" && positionals.join("").trim() === "")
    throw new UsageError(`halfgig ${command} takes ${command === "ask" ? "a question" : "what to look for"}.`);
  if (command === "reindex" && positionals.length > 0)
    throw new UsageError(`halfgig reindex takes no "${positionals[0]}".`);
  const limit = values.limit === undefined ? undefined : Number(values.limit);
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1 && limit <= 50))
    throw new UsageError(`--limit takes a whole number from 1 to 50, not ${values.limit}.`);
  return {
    help: values.help,
    json: values.json,
    text: positionals.join(" "),
    limit,
    mode: values.mode,
    filters: Object.fromEntries(filters.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]]))),
    dataDirectory: values.data,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
