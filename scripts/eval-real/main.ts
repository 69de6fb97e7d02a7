import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { openContext } from "./context.ts";
import { type EvalRealOptions, parseOptions, usage } from "./options.ts";
import { peerPython } from "./peer/environment.ts";
import { type Circumstances, markdown, report } from "./report.ts";
import { runTables } from "./run-tables.ts";
import { tables } from "./tables/index.ts";

const qualityFile = join(import.meta.dirname, "..", "..", "docs", "QUALITY.md");

async function main(options: EvalRealOptions, argv: readonly string[]): Promise<void> {
  const python = options.withoutPeer ? undefined : await peerPython();
  const circumstances = await circumstancesOf(python, argv);
  const chosen = options.only.length === 0 ? tables : tables.filter(({ id }) => options.only.includes(id));
  const isWhole = options.only.length === 0 && !options.quick && !options.withoutPeer;
  const out = options.out ?? (isWhole ? qualityFile : undefined);
  const outcomes = await runTables(chosen, { python, quick: options.quick }, async (all, { table, result }) => {
    if (result) {
      console.info(`\n${table.title}\n\n${[...result.grids.map(markdown), ...(result.notes ?? [])].join("\n\n")}`);
    }
    // After each table, so that a run that is cut off leaves what it has.
    if (out) await writeFile(out, report(all, circumstances));
    if (options.json) {
      const figures = all.map((one) => [one.table.id, one.result?.figures]);
      await writeFile(options.json, `${JSON.stringify(Object.fromEntries(figures), null, 2)}\n`);
    }
  });
  const failed = outcomes.flatMap(({ failure }) => failure ?? []);
  if (failed.length > 0) throw new Error(failed.join("\n"));
}

/** @throws Error where there are no models or no recordings */
async function circumstancesOf(python: string | undefined, argv: readonly string[]): Promise<Circumstances> {
  await using context = await openContext({ python, quick: true });
  const { peer, normalise, models } = context;
  const versions = peer ? Object.entries(await peer.versions()).map(([name, version]) => `${name} ${version}`) : [];
  return {
    command: ["npm run eval:real", ...(argv.length > 0 ? ["--", ...argv] : [])].join(" "),
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus()[0]?.model}, ${cpus().length} cores`,
    versions: [`Node ${process.version}`, ...versions],
    normaliser: normalise.name,
    source: models.source,
    hasPeer: peer !== undefined,
  };
}

const argv = process.argv.slice(2);
try {
  const ids = tables.map(({ id }) => id);
  const options = parseOptions(argv, ids);
  if (options.help) console.info(usage);
  else if (options.list) console.info(ids.join("\n"));
  else await main(options, argv);
} catch (error) {
  console.error(error instanceof Error ? error.stack : String(error));
  process.exitCode = 1;
}
