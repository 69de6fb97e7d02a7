import type { Outcome } from "./run-tables.ts";
import type { Grid, Table, TableResult } from "./table.ts";

export type Circumstances = {
  command: string;
  date: string;
  machine: string;
  /** Names and versions. */
  versions: string[];
  normaliser: string;
  source: string;
  hasPeer: boolean;
};

/** docs/QUALITY.md; of a run that has not come to its end, or of which a table failed, with what is missing. */
export function report(outcomes: readonly Outcome[], of: Circumstances): string {
  const missing = outcomes.filter(({ result }) => !result).map(({ table }) => `"${table.title}"`);
  const chapters = outcomes.flatMap(({ table, result }) => (result ? [chapter(table, result)] : []));
  return `# Quality

Written by \`${of.command}\` on ${of.date}: ${of.machine}. ${of.versions.join(", ")}.
Weights: ${of.source}. Texts are compared after ${of.normaliser}.
${of.hasPeer ? "faster-whisper runs on the same weights in the same run, int8 where nothing else is said." : "**faster-whisper is left out: no Python environment could be made for it.**"}
${missing.length > 0 ? `\n**The run did not come to its end. Missing: ${missing.join(", ")}.**\n` : ""}
${chapters.join("\n\n")}
`;
}

function chapter({ id, title, how }: Table, { grids, notes = [] }: TableResult): string {
  return [`## ${title}`, how, ...grids.map(markdown), ...notes, `\`npm run eval:real -- --only ${id}\``].join("\n\n");
}

/** Numbers to the right. */
export function markdown({ title, header, rows }: Grid): string {
  const numeric = header.map((_, column) => rows.every((row) => /^[\d.,]+( .*)?$|^–$/.test(String(row[column]))));
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  const rule = `|${numeric.map((right) => (right ? "--:" : "---")).join("|")}|`;
  return [...(title ? [`**${title}**\n`] : []), line(header), rule, ...rows.map(line)].join("\n");
}
