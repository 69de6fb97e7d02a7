/**
 * npm run test:crash: kills a host, or one of its functions, at every step of a job, and compares what comes of it with the uninterrupted
 * run. `--points 100` takes a seeded choice, `--minutes 20` ends after that time, `--seed 7` another one, `--scenario put|parts|address`, `--victim host|function`, `--jobs 2` at once.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readSettings } from "../../layers/core/index.ts";
import { functionSpecs } from "../../stacks/app/index.ts";
import { bundleFunctions } from "../../stacks/local/bundle.ts";
import { makeFiles } from "./files.ts";
import { labelOf, type Point, placeOf, pointsOf, spread } from "./points.ts";
import { differences, type RunResult, runJob, type Scenario, scenarios } from "./run.ts";

const { values } = parseArgs({
  options: {
    points: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    scenario: { type: "string" },
    victim: { type: "string" },
    jobs: { type: "string", default: "2" },
    minutes: { type: "string", default: "100000" },
    "limit-s": { type: "string", default: "180" },
  },
});

type Row = { tried: number; killed: number; same: number };
const rows = new Map<string, Row>();
const failures: string[] = [];
let lost = 0;
let orphans = 0;
let unheard = 0;

const folder = await mkdtemp(join(tmpdir(), "halfgig-matrix-"));
try {
  const bundleCache = join(folder, "bundles");
  await bundleFunctions(functionSpecs(readSettings({})), bundleCache);
  const shared = { modelsDirectory: join(folder, "models"), bundleCache };
  const files = await makeFiles(folder);
  const baselines = new Map<Scenario, RunResult>();
  const all: Point[] = [];
  for (const scenario of scenarios.filter((name) => (values.scenario ?? name) === name)) {
    const baseline = await runJob({ scenario, file: files[scenario], shared });
    const again = await runJob({ scenario, file: files[scenario], shared });
    const unstable = [...differences(baseline, again), ...baseline.evidence.orphans];
    if (unstable.length > 0) throw new Error(`two runs without a fault differ: ${unstable.join("; ")}`);
    baselines.set(scenario, baseline);
    all.push(...pointsOf(scenario, baseline).filter(({ victim }) => (values.victim ?? victim) === victim));
  }
  const chosen = spread(all, Number(values.points), Number(values.seed));
  console.log(`${chosen.length} of ${all.length} points`);

  const one = async (point: Point) => {
    const { scenario, victim, fault } = point;
    const limitMs = Number(values["limit-s"]) * 1000;
    const kill = victim === "host" ? { host: fault } : { functions: fault };
    let found: string[];
    let result: RunResult | undefined;
    try {
      result = await runJob({ scenario, file: files[scenario], shared, ...kill, limitMs });
      found = differences(baselines.get(scenario)!, result);
    } catch (error) {
      found = [String(error)];
    }
    const place = placeOf(result?.at ?? point.expected);
    const row = rows.get(place) ?? { tried: 0, killed: 0, same: 0 };
    rows.set(place, row);
    row.tried++;
    if (result?.at !== undefined) row.killed++;
    if (found.length === 0) row.same++;
    if (result?.status !== "done") lost++;
    orphans += result?.evidence.orphans.length ?? 0;
    unheard += result?.evidence.unheard ?? 0;
    if (found.length > 0) {
      failures.push(`${labelOf(point)} at ${result?.at}\n  ${found.join("\n  ")}\n  ${result?.notices}`);
      console.log(failures.at(-1));
    }
    if (result)
      for (const refused of result.refusedStarts) console.log(`${labelOf(point)}: refused to start: ${refused}`);
  };
  // In an order that has seen everything a little, wherever it ends.
  const queue = chosen
    .map((point, n) => ({ point, order: (n * 7919) % 10_007 }))
    .sort((a, b) => a.order - b.order)
    .values();
  const endMs = Date.now() + Number(values.minutes) * 60_000;
  await Promise.all(
    Array.from({ length: Number(values.jobs) }, async () => {
      for (const { point } of queue) {
        if (Date.now() > endMs) break;
        await one(point);
      }
    }),
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}

const sum = (pick: (row: Row) => number) => [...rows.values()].reduce((total, row) => total + pick(row), 0);
console.table(
  Object.fromEntries([
    ...[...rows].sort(([a], [b]) => (a < b ? -1 : 1)),
    ["all", { tried: sum((row) => row.tried), killed: sum((row) => row.killed), same: sum((row) => row.same) }],
  ]),
);
console.log(
  `points ${sum((row) => row.tried)}, kills ${sum((row) => row.killed)}, as without a fault ${sum((row) => row.same)}, jobs lost ${lost}, orphans ${orphans}, uploads of jobs that nobody heard of ${unheard}`,
);
if (failures.length > 0) process.exitCode = 1;
