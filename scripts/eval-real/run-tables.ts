import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Table, TableResult } from "./table.ts";

/** What came of a table; undefined while it is not made. */
export type Outcome = { table: Table; result?: TableResult; failure?: string };

const program = join(import.meta.dirname, "table-child.ts");

/**
 * Makes tables, each in a process of its own: those that measure time one after the other, alone on the machine, then the others two
 * at a time. `afterEach` hears of all of them, in their order, whenever one is made or has failed.
 */
export async function runTables(
  tables: readonly Table[],
  options: { python: string | undefined; quick: boolean },
  afterEach: (outcomes: readonly Outcome[], made: Outcome) => Promise<void>,
): Promise<readonly Outcome[]> {
  const outcomes = tables.map((table): Outcome => ({ table }));
  const lane = async (queue: Outcome[]) => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      try {
        next.result = await made(next.table, options);
      } catch (error) {
        next.failure = error instanceof Error ? error.message : String(error);
      }
      await afterEach(outcomes, next);
    }
  };
  await lane(outcomes.filter(({ table }) => table.measuresTime));
  const others = outcomes.filter(({ table }) => !table.measuresTime);
  await Promise.all([lane(others), lane(others)]);
  return outcomes;
}

async function made({ id }: Table, { python, quick }: { python: string | undefined; quick: boolean }) {
  const directory = await mkdtemp(join(tmpdir(), "halfgig-eval-table-"));
  try {
    const output = join(directory, "result.json");
    const args = [program, id, output, python ?? "", ...(quick ? ["--quick"] : [])];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
    const [code, signal] = await once(child, "exit");
    if (code !== 0) throw new Error(`the table "${id}" ended with ${code ?? signal}`);
    return JSON.parse(await readFile(output, "utf8")) as TableResult;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
