import { describeSettings, readSettings } from "../../layers/core/index.ts";
import type { CommandLine } from "../options.ts";
import { table } from "../tables.ts";

/** `halfgig settings`: each environment variable, its value as understood, and what it does. */
export function settings({ json }: Pick<CommandLine, "json">): number {
  const described = describeSettings(readSettings(process.env));
  if (json) {
    process.stdout.write(`${JSON.stringify(described, null, 2)}\n`);
    return 0;
  }
  const rows = described.map((row) => [row.name, row.value, row.meaning]);
  process.stdout.write(`${table(["variable", "value", "meaning"], rows)}\n`);
  return 0;
}
