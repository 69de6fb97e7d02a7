/**
 * halfgig beside @huggingface/transformers and whisper.cpp on the same seeded weights at whisper-tiny's sizes, one thread each: time of a
 * window, of a token and of a cold start, real-time factor, peak memory, the smallest limit under which it completes; and halfgig's encoder
 * beside its own matrix products. `npm run bench` prints the table and writes bench/RESULTS.md.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { allocatorOf } from "../layers/inference/index.ts";
import { median, type SpeechTimes } from "./measure.ts";
import { transformersVersion } from "./peer.ts";
import { prepareSides } from "./sides.ts";
import { smallestLimitMiB } from "./smallest-limit.ts";
import { prepareWhisperCpp, runWhisperCpp, type WhisperCpp, whisperCppPackage } from "./whisper-cpp.ts";

const execute = promisify(execFile);
const tokens = 60;
/** Tokens of a second, shorter run: the difference is what a token costs, whatever else a window costs. */
const fewTokens = 10;
const windowSeconds = 30;
/** Both sides take turns, so that whatever else the machine does meets both. */
const rounds = 3;

const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
/** What infer runs with in 512 MB, see stacks/app; both sides get it. */
const environment = { ...process.env, ...allocatorOf(512), NODE_OPTIONS: "--max-semi-space-size=1" };

async function report<Result>(args: readonly string[]): Promise<Result> {
  const { stdout } = await execute(process.execPath, args, { env: environment });
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as Result;
}

/** Of the encoder's time what its matrix products alone would take: at their own sizes, and at the rate of large ones. */
type Shares = { own: number; large: number };
const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

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
  const whisperCpp = await whisperCppOrWhyNot(join(directory, "whisper.cpp"), join(directory, "checkpoint"));
  const ours: Figures[] = [];
  const theirs: Figures[] = [];
  const native: Figures[] = [];
  const shares: Shares[] = [];
  for (let round = 1; round <= rounds; round++) {
    console.error(`round ${round} of ${rounds} …`);
    theirs.push(await once(peer));
    ours.push(await once(halfgig));
    if (whisperCpp) native.push({ ...(await runWhisperCpp(whisperCpp, tokens)), coldMs: Number.NaN });
    shares.push((await report<{ share: Shares }>([script("run-roofline.ts"), sides.halfgig])).share);
  }
  console.error("looking for the smallest limits …");
  const limits = {
    ours: await smallestLimitMiB(halfgig.window(tokens)),
    theirs: await smallestLimitMiB(peer.window(tokens)),
  };
  const text = table(medians(ours), medians(theirs), native.length > 0 ? medians(native) : undefined, limits, {
    own: median(shares.map(({ own }) => own)),
    large: median(shares.map(({ large }) => large)),
  });
  console.log(text);
  await writeFile(script("RESULTS.md"), `${head()}\n${text}\n`);
} finally {
  await rm(directory, { recursive: true, force: true });
}

async function whisperCppOrWhyNot(folder: string, checkpoint: string): Promise<WhisperCpp | undefined> {
  console.error(`building whisper.cpp from ${whisperCppPackage} …`);
  try {
    return await prepareWhisperCpp(folder, checkpoint);
  } catch (error) {
    console.error(`whisper.cpp is left out: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

type Limits = { ours: number | undefined; theirs: number | undefined };

function table(own: Figures, other: Figures, native: Figures | undefined, limits: Limits, shares: Shares): string {
  const row = (label: string, of: (figures: Figures) => number, digits: number) => {
    const mine = of(own);
    const beside = (value = Number.NaN) =>
      Number.isNaN(value) ? "– | –" : `${value.toFixed(digits)} | ${(value / mine).toFixed(1)} ×`;
    return `| ${label} | ${mine.toFixed(digits)} | ${beside(of(other))} | ${beside(native && of(native))} |`;
  };
  const limit = (value: number | undefined) => (value === undefined ? "not found" : String(value));
  return [
    `| int8, one thread | halfgig | @huggingface/transformers ${transformersVersion} q8 | ratio | whisper.cpp q8_0 | ratio |`,
    "|---|---|---|---|---|---|",
    row("encoder, ms", ({ encoderMs }) => encoderMs, 0),
    row("per token, ms", ({ tokenMs }) => tokenMs, 2),
    row(`30 s window, ${tokens} tokens, ms`, ({ windowMs }) => windowMs, 0),
    row("real-time factor", ({ windowMs }) => windowMs / (1000 * windowSeconds), 4),
    row("cold start: process start to first token, ms", ({ coldMs }) => coldMs, 0),
    row("peak RSS, MiB", ({ peakRssMiB }) => peakRssMiB, 0),
    `| smallest limit that completes, MiB | ${limit(limits.ours)} | ${limit(limits.theirs)} | | – | – |`,
    "",
    `${percent(shares.own)} of the time of halfgig's encoder is what its matrix products take one by one, by the library's own kernels at the encoder's own sizes;`,
    `${percent(shares.large)} is what they would take at the rate of products of 1536³ (int8 and fp32, each for its part).`,
  ].join("\n");
}

function head(): string {
  const load = "All sides in turn, a process for each figure, medians of the rounds.";
  return [
    "# Bench",
    "",
    `Written by \`npm run bench\`: seeded weights at whisper-tiny's sizes, the same int8 bytes, features and number of tokens. ${load}`,
    "transformers.js runs its ordinary `generate` on graphs in the shape of the hub's exports; its cold start is without a tokenizer, halfgig's with one.",
    "The smallest limit is a control group's, to 16 MiB. A ratio is how many times halfgig's figure the other's is.",
    `whisper.cpp is built for this processor from the source in ${whisperCppPackage}; its figures are whisper-bench's, the same weights as 8-bit blocks (q8_0): the`,
    "encoder's full window and the mean of 256 steps, a window being their sum. It is native code without Node or a tokenizer at work, and has no cold start here.",
    "",
    `${new Date().toISOString().slice(0, 10)}, ${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}, load average ${loadavg()[0]?.toFixed(1)} at the end`,
    "",
  ].join("\n");
}
