/**
 * The search index with 100,000 passages, next to comparing every vector in plain JavaScript and to LanceDB, which is installed into a scratch
 * folder: `npm run bench:search [-- <passages>]`. Each side has a process of its own; recall is against the exact neighbours.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { table } from "../cli/tables.ts";
import { installInto } from "./peer.ts";
import type { SideReport } from "./search/side.ts";

const run = promisify(execFile);
const passages = Number(process.argv[2] ?? 100_000);
const queries = 100;
const leastRecall = 0.99;
const lanceVersion = "0.23.0";
const program = fileURLToPath(new URL("./search/side.ts", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "halfgig-bench-search-"));

const ask = async (side: string): Promise<SideReport> => {
  const { stdout } = await run(process.execPath, [program, side, String(passages), String(queries), folder], {
    maxBuffer: 2 ** 26,
  });
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as SideReport;
};

async function lance(): Promise<SideReport | undefined> {
  try {
    await installInto(folder, `@lancedb/lancedb@${lanceVersion}`, "apache-arrow@18.1.0");
    return await ask("lance");
  } catch (error) {
    console.log(`LanceDB could not be measured here: ${String((error as Error).message).split("\n")[0]}\n`);
    return undefined;
  }
}

const at = (times: readonly number[], share: number) =>
  [...times].sort((a, b) => a - b)[Math.floor(share * (times.length - 1))] ?? 0;
const recall = (found: SideReport, exact: SideReport) => {
  const shares = found.nearest.map(
    (near, n) => near.filter((id) => exact.nearest[n]!.includes(id)).length / exact.nearest[n]!.length,
  );
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
};

try {
  const brute = await ask("brute");
  const sqlite = await ask("sqlite");
  const other = await lance();
  const row = (name: string, side: SideReport, times = side.queryMs, counted = true) => [
    name,
    ...[at(times, 0.5).toFixed(1), at(times, 0.95).toFixed(1)],
    counted ? recall(side, brute).toFixed(4) : "–",
    ...[(side.buildMs / 1000).toFixed(1), side.rssMiB.toFixed(0), side.storedMiB > 0 ? side.storedMiB.toFixed(0) : "–"],
  ];
  const rows = [
    row("halfgig, SQLite: vectors", sqlite),
    row("halfgig, SQLite: vectors and words", sqlite, sqlite.hybridMs, false),
    row("every vector, in JavaScript", brute),
    ...(other ? [row(`LanceDB ${lanceVersion}, IVF_PQ, refined`, other)] : []),
  ];
  console.log(`${passages.toLocaleString("en")} passages, ${queries} queries, ten nearest of 384 dimensions\n`);
  console.log(table(["", "p50 ms", "p95 ms", "recall@10", "build s", "peak MiB", "stored MiB"], rows));
  if (recall(sqlite, brute) < leastRecall) {
    console.log(`\nThe index finds too few of the exact neighbours: at least ${leastRecall} are asked for.`);
    process.exitCode = 1;
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
