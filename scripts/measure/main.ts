/**
 * Measures what every model costs, at its true sizes with seeded weights, in each precision and tier: memory, time to load, time per
 * window. Each measurement is a process of its own. `npm run measure` prints the table and writes layers/inference/costs.json, which the
 * memory budget reserves by; `npm run measure -- whisper-tiny ast-base` measures those again and keeps the other rows. `--precision int8`
 * keeps the rows of the other precision, too; `--runs 1` measures memory once instead of three times.
 */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { table } from "../../cli/tables.ts";
import { allocatorOf, type MeasuredCost, shapeOf, type Tier, tiers, vcpuOf } from "../../layers/inference/index.ts";
import { type Precision, readManifest, readVoiceManifest } from "../../layers/models/index.ts";
import type { Measurement } from "./child.ts";
import { type CpuQuota, cpuQuota } from "./cpu-quota.ts";
import { buildSubject, type Subject, subjectOf, subjects } from "./subjects.ts";

type Row = MeasuredCost & {
  tiers: Record<string, { threads: number; vcpu: number; loadMs: number; windowMs: number }>;
};

const costsFile = fileURLToPath(new URL("../../layers/inference/costs.json", import.meta.url));
const childScript = fileURLToPath(new URL("child.ts", import.meta.url));
const windows = 5;
/** Under a share of a core a window takes many times as long. */
const windowsUnderQuota = 2;

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { precision: { type: "string" }, runs: { type: "string", default: "3" } },
});
/** Memory is the same in every run but for the garbage collector's mood: the largest counts. */
const memoryRuns = Number(options.runs);
if (!(Number.isInteger(memoryRuns) && memoryRuns > 0))
  throw new RangeError(`--runs is a number from 1 on, not ${options.runs}`);
const precisions = (["int8", "fp32"] as const).filter((each) => (options.precision ?? each) === each);
if (precisions.length === 0) throw new RangeError(`--precision is int8 or fp32, not ${options.precision}`);
const chosen = names.length > 0 ? names.map(subjectOf) : subjects;
const directory = await mkdtemp(join(tmpdir(), "halfgig-measure-"));
try {
  for (const subject of chosen) {
    const built = await buildSubject(subject, directory, precisions);
    const own: Row[] = [];
    for (const [precision, folder] of built) {
      own.push(...(await measure(subject, precision, folder)));
      await rm(folder, { recursive: true });
    }
    // What has been measured is kept, whatever becomes of the rest.
    await save(subject, own);
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
print((await readCosts()).costs);

async function readCosts(): Promise<{ costs: Row[] }> {
  return JSON.parse(await readFile(costsFile, "utf8")) as { costs: Row[] };
}

async function save(subject: Subject, own: readonly Row[]): Promise<void> {
  const { costs } = await readCosts();
  const all = [
    ...costs.filter((row) => row.model !== subject.name || !precisions.includes(row.precision as Precision)),
    ...own,
  ];
  const order = subjects.map(({ name }) => name);
  const place = (row: Row) => 2 * order.indexOf(row.model) + (row.precision === "int8" ? 0 : 1);
  all.sort((a, b) => place(a) - place(b));
  const machine = { processor: cpus()[0]?.model ?? "", cores: cpus().length, node: process.version };
  const measured = { ...machine, date: new Date().toISOString().slice(0, 10) };
  await writeFile(costsFile, `${JSON.stringify({ measured, costs: all }, null, 2)}\n`);
}

/** One row with the arena and one without; within a row the tiers differ in threads and in their share of a core. */
async function measure(subject: Subject, precision: Precision, folder: string): Promise<Row[]> {
  const manifest = subject.kind === "speech" ? await readManifest(folder) : await readVoiceManifest(folder);
  const result: Row[] = [];
  for (const arena of [false, true]) {
    const own = tiers.filter((tier) => tier.arena === arena);
    const first = own[0]!;
    const full: Measurement[] = [];
    for (let run = 0; run < memoryRuns; run++) full.push(await runChild(subject, folder, first, { windows }));
    const times: Row["tiers"] = {};
    for (const tier of own) {
      const vcpu = Number(vcpuOf(tier.allocationMiB).toFixed(3));
      await using quota = cpuQuota(vcpu);
      if (!quota)
        console.error("no control group for processor time may be created here: times are those of a whole core");
      const { loadMs, windowMs } = await runChild(subject, folder, tier, { windows: windowsUnderQuota, quota });
      times[tier.allocationMiB] = { threads: tier.threads, vcpu: quota ? vcpu : 1, loadMs, windowMs };
    }
    const largest = (key: keyof Measurement) => Math.max(...full.map((one) => one[key]));
    const least = (key: keyof Measurement) => Math.min(...full.map((one) => one[key]));
    const residentMiB = largest("residentMiB");
    const totals = full.map((one) => one.residentMiB + one.workingMiB);
    result.push({
      model: subject.name,
      shape: shapeOf(manifest),
      precision,
      arena,
      residentMiB,
      workingMiB: Math.max(...totals) - residentMiB,
      anonymousMiB: largest("anonymousMiB"),
      loadMs: least("loadMs"),
      windowMs: least("windowCpuMs"),
      tiers: times,
    });
    console.error(`${subject.name} ${precision}, arena ${arena ? "on" : "off"}: measured`);
  }
  return result;
}

async function runChild(
  subject: Subject,
  folder: string,
  tier: Tier,
  { windows, quota }: { windows: number; quota?: CpuQuota | undefined },
): Promise<Measurement> {
  const args = [childScript, subject.kind, folder, String(tier.threads), tier.arena ? "1" : "0", String(windows)];
  // What the functions run with, see stacks/app.
  const child = spawn(process.execPath, ["--max-semi-space-size=1", "--expose-gc", ...args], {
    env: { ...process.env, ...allocatorOf(tier.allocationMiB) },
    stdio: ["pipe", "pipe", "inherit"],
  });
  if (child.pid !== undefined) quota?.enter(child.pid);
  child.stdin.end("go\n");
  const output = await text(child.stdout);
  const line = output.trim().split("\n").at(-1);
  if (!line) throw new Error(`${subject.name} could not be measured: its process printed nothing`);
  return JSON.parse(line) as Measurement;
}

function print(all: readonly Row[]): void {
  const times = (row: Row, mib: number) => {
    const tier = row.tiers[mib];
    return tier ? `${tier.windowMs} (${tier.threads} × ${tier.vcpu})` : "–";
  };
  const header = [
    "model",
    "precision",
    "arena",
    "resident MiB",
    "working MiB",
    "anonymous MiB",
    "load ms",
    "window ms",
  ];
  console.log(
    table(
      [...header, ...tiers.map(({ allocationMiB }) => `at ${allocationMiB} MB`)],
      all.map((row) => [
        row.model,
        row.precision,
        row.arena ? "on" : "off",
        row.residentMiB,
        row.workingMiB,
        row.anonymousMiB,
        row.loadMs,
        row.windowMs,
        ...tiers.map(({ allocationMiB }) => times(row, allocationMiB)),
      ]),
    ),
  );
  console.log(
    "\nwindow: processor time, 30 s with 60 tokens for Whisper, the model's own window for voices; at N MB: ms by the clock (threads × share of a core)",
  );
}
