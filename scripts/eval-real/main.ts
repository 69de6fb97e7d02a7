import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { findRealModels, findRecordings, howToGetRealModels } from "../real-models/index.ts";
import { type EvalRealOptions, parseOptions, usage } from "./options.ts";
import { peerPython } from "./peer/environment.ts";
import { Peer } from "./peer/peer.ts";
import { openRecogniser, type Recogniser } from "./pipeline.ts";
import { markdown, report } from "./report.ts";
import { normaliserOf } from "./score/normalise.ts";
import type { Context, Table, TableResult } from "./table.ts";
import { tables } from "./tables/index.ts";

const qualityFile = join(import.meta.dirname, "..", "..", "docs", "QUALITY.md");

async function main(options: EvalRealOptions, argv: readonly string[]): Promise<void> {
  const models = await findRealModels();
  if (!models) throw new Error(`There are no real models here. With a network: ${howToGetRealModels}`);
  const recordings = findRecordings();
  if (!recordings) throw new Error("The recordings are not here: HALFGIG_REAL_DATA names their folder.");
  const directory = await mkdtemp(join(tmpdir(), "halfgig-eval-real-"));
  await using opened = new AsyncDisposableStack();
  opened.defer(() => rm(directory, { recursive: true, force: true }));
  const python = await peerPython();
  const peer = python === undefined ? undefined : opened.use(new Peer(python, models));
  // In a process of its own, so that texts do not wait for recordings.
  const normalise = await normaliserOf(peer && opened.use(peer.fresh()));
  const loaded = new Map<string, Promise<Recogniser>>();
  const context: Omit<Context, "tell"> = {
    models,
    recordings,
    peer,
    python,
    normalise,
    quick: options.quick,
    directory,
    recogniser(name, precision) {
      const key = `${name} ${precision}`;
      const model = loaded.get(key) ?? openRecogniser(models, name, precision).then((one) => opened.use(one));
      loaded.set(key, model);
      return model;
    },
  };
  const chosen = options.only.length === 0 ? tables : tables.filter(({ id }) => options.only.includes(id));
  const results: { table: Table; result: TableResult }[] = [];
  for (const table of chosen) {
    const tell = (what: string) =>
      process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${table.id}: ${what}\n`);
    const result = await table.run({ ...context, tell });
    results.push({ table, result });
    console.info(
      `\n${table.title}\n\n${result.grids.map(markdown).join("\n\n")}\n\n${(result.notes ?? []).join("\n")}`,
    );
  }
  if (options.json) await writeFile(options.json, `${JSON.stringify(figuresOf(results), null, 2)}\n`);
  const isWhole = options.only.length === 0 && !options.quick;
  const out = options.out ?? (isWhole ? qualityFile : undefined);
  if (out === undefined) return;
  const versions = peer ? Object.entries(await peer.versions()).map(([name, version]) => `${name} ${version}`) : [];
  await writeFile(
    out,
    report(results, {
      command: ["npm run eval:real", ...(argv.length > 0 ? ["--", ...argv] : [])].join(" "),
      date: new Date().toISOString().slice(0, 10),
      machine: `${cpus()[0]?.model}, ${cpus().length} cores`,
      versions: [`Node ${process.version}`, ...versions],
      normaliser: normalise.name,
      source: models.source,
      hasPeer: peer !== undefined,
    }),
  );
}

const figuresOf = (results: readonly { table: Table; result: TableResult }[]) =>
  Object.fromEntries(results.map(({ table, result }) => [table.id, result.figures]));

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
