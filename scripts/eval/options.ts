import { parseArgs } from "node:util";

export const usage = `npm run eval -- [options]: how good the bundled demo model is, on recordings that are made here and now

  --count <n>     recordings in each set                             (default: 40)
  --seed <n>      other recordings of the same kinds                 (default: 1)
  --people <dir>  folder of <digit>_<speaker>_<take>.wav of people that the demo model never heard,
                  or one <speaker>.tar.xz each
  --fsdd <dir>    the same, of the four people it was trained on     (default: ../shared/data/fsdd, where it exists)
  --checkpoint <dir>  a checkpoint in the hub's layout, in place of the bundled one
  --only <text>   sets whose name contains this
  --quick         the first recogniser alone: a fifth of the time
  --errors <n>    print so many wrong transcripts of each set        (default: 0)
  --json <file>   write the figures there
  --help
`;

export type EvalOptions = {
  count: number;
  seed: number;
  people: string | undefined;
  fsdd: string | undefined;
  checkpoint: string | undefined;
  only: string;
  quick: boolean;
  errors: number;
  json: string | undefined;
  help: boolean;
};

/** @throws Error that says what is wrong with the command line */
export function parseOptions(argv: readonly string[]): EvalOptions {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...argv],
    options: {
      count: text,
      seed: text,
      people: text,
      fsdd: text,
      checkpoint: text,
      only: text,
      errors: text,
      json: text,
      quick: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  const number = (name: "count" | "seed" | "errors", fallback: number) => {
    const given = values[name];
    if (given === undefined) return fallback;
    if (!/^\d{1,6}$/.test(given)) throw new Error(`--${name} takes a whole number, not "${given}".`);
    return Number(given);
  };
  const { people, fsdd, checkpoint, only = "", json, quick = false, help = false } = values;
  return {
    count: number("count", 40),
    seed: number("seed", 1),
    errors: number("errors", 0),
    people,
    fsdd,
    checkpoint,
    quick,
    only,
    json,
    help,
  };
}
