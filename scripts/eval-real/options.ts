import { parseArgs } from "node:util";

export const usage = `npm run eval:real -- [options]: how good recognition is on real speech with published weights, beside faster-whisper

  --only <ids>    tables by their ids, separated by commas; docs/QUALITY.md is not written then
  --quick         less audio and fewer variants: for trials; docs/QUALITY.md is not written then
  --without-peer  halfgig alone, even where faster-whisper is at hand; docs/QUALITY.md is not written then
  --json <file>   write the figures there
  --out <file>    write the report there (default: docs/QUALITY.md, where every table was made in full)
  --list          the tables' ids
  --help
`;

export type EvalRealOptions = {
  only: string[];
  quick: boolean;
  withoutPeer: boolean;
  json: string | undefined;
  out: string | undefined;
  list: boolean;
  help: boolean;
};

/** @throws Error that says what is wrong with the command line */
export function parseOptions(argv: readonly string[], known: readonly string[]): EvalRealOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: "string", default: "" },
      json: { type: "string" },
      out: { type: "string" },
      quick: { type: "boolean", default: false },
      "without-peer": { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const { only, json, out, quick, "without-peer": withoutPeer, list, help } = values;
  const ids = only.split(",").filter(Boolean);
  const unknown = ids.find((id) => !known.includes(id));
  if (unknown !== undefined) throw new Error(`There is no table "${unknown}"; there are ${known.join(", ")}.`);
  return { only: ids, json, out, quick, withoutPeer, list, help };
}
