import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

export type Report = { name: string; memoryMB: number; usedMB: number; line: string };

/** The REPORT lines of every function's log. @param data the data directory of `halfgig serve` */
export async function readReports(data: string): Promise<Report[]> {
  const folder = join(data, "lambda", "logs");
  const reports: Report[] = [];
  for (const file of await readdir(folder)) {
    for (const line of (await readFile(join(folder, file), "utf8")).split("\n")) {
      const [, memory, used] = /^REPORT .*\tMemory Size: (\d+) MB\tMax Memory Used: (\d+) MB/.exec(line) ?? [];
      if (memory && used)
        reports.push({ name: file.replace(/\.log.*$/, ""), memoryMB: Number(memory), usedMB: Number(used), line });
    }
  }
  return reports;
}

/** What went wrong with a function, or came within a twentieth of its allocation. */
export function crowded(reports: readonly Report[]): string[] {
  const isBad = ({ line, memoryMB, usedMB }: Report) => line.includes("Status: ") || usedMB > 0.95 * memoryMB;
  return reports.filter(isBad).map(({ name, line }) => `${name}: ${line}`);
}
