/**
 * One table, in a process of its own: `node table-child.ts ID OUTPUT PYTHON [--quick]`; PYTHON may be empty. The result goes to OUTPUT,
 * JSON. So a table that fails takes no other with it, and two that measure no time can be made at once.
 */
import { writeFile } from "node:fs/promises";
import { openContext } from "./context.ts";
import { tables } from "./tables/index.ts";

const [id = "", output = "", python = "", quick] = process.argv.slice(2);
const table = tables.find((one) => one.id === id);
if (!table) throw new Error(`There is no table "${id}".`);
await using context = await openContext({ python: python || undefined, quick: quick === "--quick" });
const tell = (what: string) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${id}: ${what}\n`);
await writeFile(output, JSON.stringify(await table.run({ ...context, tell })));
