/**
 * halfgig beside @huggingface/transformers on the same seeded weights at whisper-tiny's sizes, one thread each: time of a window, of a
 * token and of a cold start, real-time factor, peak memory, the smallest limit under which it completes; and halfgig's encoder beside the
 * machine's own matrix products. `npm run bench` prints the table and writes bench/RESULTS.md.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { median, type SpeechTimes } from "./measure.ts";
import { transformersVersion } from "./peer.ts";
import { prepareSides } from "./sides.ts";
import { smallestLimitMiB } from "./smallest-limit.ts";

const execute = promisify(execFile);
const tokens = 60;
/** Tokens of a second, shorter run: the difference is what a token costs, whatever else a window costs. */
const fewTokens = 10;
const windowSeconds = 30;
/** Both sides take turns, so that whatever else the machine does meets both. */
const rounds = 3;

const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
/** What infer runs with, see stacks/app; both sides get it. */
const allocator = { MALLOC_MMAP_THRESHOLD_: "65536", MALLOC_TRIM_THRESHOLD_: "65536", MALLOC_ARENA_MAX: "1" };
const environment = { ...process.env, ...allocator, NODE_OPTIONS: "--max-semi-space-size=1" };

async function report<Result>(args: readonly string[]): Promise<Result> {
  const { stdout } = await execute(process.execPath, args, { env: environment });
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as Result;
}

type Cold = { loadedMs: number; firstTokenMs: number };
type Side = { window: (count: number) => string[]; cold: string[] };
type Figures = SpeechTimes & { tokenMs: number; coldMs: number };

async function once({ window, cold }: Side): Promise<Figures> {
  const few = await report<SpeechTimes>(window(fewTokens));
  const many = await report<SpeechTimes>(window(tokens));
  const { firstTokenMs } = await report<Cold>(cold);
  return { ...many, tokenMs: (many.windowMs - few.windowMs) / (tokens - fewTokens), coldMs: firstTokenMs };
}

function medians(all: readonly Figures[]): Figures {
  const of = (key: keyof Figures) => median(all.map((one) => one[key]));
  return {
    encoderMs: of("encoderMs"),
    encoderBestMs: of("encoderBestMs"),
    windowMs: of("windowMs"),
    tokenMs: of("tokenMs"),
    coldMs: of("coldMs"),
    peakRssMiB: of("peakRssMiB"),
  };
}

const directory = await mkdtemp(join(tmpdir(), "halfgig-bench-"));
try {
  console.error(`building graphs and installing @huggingface/transformers ${transformersVersion} …`);
  const sides = await prepareSides(directory);
  const cold = join(directory, "run-cold.mjs");
  // The bundle lies outside of the project; this is where it finds what a layer brings to a function.
  await symlink(script("../node_modules"), join(directory, "node_modules"));
  await build({
    entryPoints: [script("run-cold.ts")],
    outfile: cold,
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["onnxruntime-node"],
    banner: {
      js: `import { createRequire } from "node:module"; const require = createRequire(${JSON.stringify(import.meta.url)});`,
    },
  });
  const halfgig: Side = {
    window: (count) => [script("run-halfgig.ts"), sides.halfgig, String(count)],
    cold: [cold, sides.halfgig],
  };
  const peer: Side = {
    window: (count) => [script("run-transformers.ts"), sides.hubModels, String(count), sides.transformers],
    cold: [script("run-transformers-cold.ts"), sides.hubModels, sides.transformers],
  };
  const ours: Figures[] = [];
  const theirs: Figures[] = [];
  const shares: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    console.error(`round ${round} of ${rounds} …`);
    theirs.push(await once(peer));
    ours.push(await once(halfgig));
    shares.push((await report<{ share: number }>([script("run-roofline.ts"), sides.halfgig])).share);
  }
  console.error("looking for the smallest limits …");
  const limits = {
    ours: await smallestLimitMiB(halfgig.window(tokens)),
    theirs: await smallestLimitMiB(peer.window(tokens)),
  };
  const text = table(medians(ours), medians(theirs), limits, median(shares));
  console.log(text);
  await writeFile(script("RESULTS.md"), `${head()}\n${text}\n`);
} finally {
  await rm(directory, { recursive: true, force: true });
}

function table(
  own: Figures,
  other: Figures,
  limits: { ours: number | undefined; theirs: number | undefined },
  share: number,
): string {
  const row = (label: string, a: number, b: number, digits: number) =>
    `| ${label} | ${a.toFixed(digits)} | ${b.toFixed(digits)} | ${(b / a).toFixed(1)} × |`;
  const realTime = (ms: number) => ms / (1000 * windowSeconds);
  const limit = (value: number | undefined) => (value === undefined ? "not found" : String(value));
  return [
    `| int8, one thread | halfgig | @huggingface/transformers ${transformersVersion} q8 | ratio |`,
    "|---|---|---|---|",
    row("encoder, ms", own.encoderMs, other.encoderMs, 0),
    row("per token, ms", own.tokenMs, other.tokenMs, 2),
    row(`30 s window, ${tokens} tokens, ms`, own.windowMs, other.windowMs, 0),
    row("real-time factor", realTime(own.windowMs), realTime(other.windowMs), 4),
    row("cold start: process start to first token, ms", own.coldMs, other.coldMs, 0),
    row("peak RSS, MiB", own.peakRssMiB, other.peakRssMiB, 0),
    `| smallest limit that completes, MiB | ${limit(limits.ours)} | ${limit(limits.theirs)} | |`,
    "",
    `halfgig's encoder reaches ${(100 * share).toFixed(0)} % of the machine's measured matrix products (int8 and fp32, each for its part).`,
  ].join("\n");
}

function head(): string {
  const load = "Both sides in turn, a process for each figure, medians of the rounds.";
  return [
    "# Bench",
    "",
    `Written by \`npm run bench\`: seeded weights at whisper-tiny's sizes, the same int8 bytes, features and number of tokens. ${load}`,
    "transformers.js runs its ordinary `generate` on graphs in the shape of the hub's exports; its cold start is without a tokenizer, halfgig's with one.",
    "The smallest limit is a control group's, to 16 MiB. whisper.cpp is not measured: it reads weights in a format of its own, which nothing here writes yet.",
    "",
    `${new Date().toISOString().slice(0, 10)}, ${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}, load average ${loadavg()[0]?.toFixed(1)} at the end`,
    "",
  ].join("\n");
}
