import { describeSettings, readSettings } from "../../layers/core/index.ts";
import { table } from "../tables.ts";

/** `halfgig settings`: each environment variable, its value as understood, and what it does. */
export function settings(): number {
  const rows = describeSettings(readSettings(process.env)).map((row) => [row.name, row.value, row.meaning]);
  process.stdout.write(`${table(["variable", "value", "meaning"], rows)}\n`);
  return 0;
}
