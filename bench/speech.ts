/**
 * halfgig against @huggingface/transformers, side by side: the same seeded weights at whisper-tiny's sizes, the same int8
 * bytes, the same 30 s of features, the same number of tokens, one thread each: `npm run bench:speech [-- --write]`.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bestWeightBytes, buildModel } from "../layers/models/index.ts";
import { writeSeededCheckpoint } from "../test/parity/seeded-checkpoint.ts";
import { writeHubGraphs } from "./hub-graphs.ts";
import type { SpeechTimes } from "./measure.ts";

const execute = promisify(execFile);
const transformersVersion = "4.3.1";
const tokens = 60;
/** Tokens of a second, shorter run: the difference is what a token costs, whatever else a window costs. */
const fewTokens = 10;

const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));

async function measure(name: string, args: readonly string[]): Promise<SpeechTimes> {
  // The allocator's thresholds are those halfgig's functions run with; both sides get them.
  const environment = { ...process.env, MALLOC_MMAP_THRESHOLD_: "65536", MALLOC_TRIM_THRESHOLD_: "65536" };
  const { stdout } = await execute(process.execPath, [script(name), ...args], { env: environment });
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as SpeechTimes;
}

async function both(name: string, before: string, after: readonly string[] = []) {
  const few = await measure(name, [before, String(fewTokens), ...after]);
  const many = await measure(name, [before, String(tokens), ...after]);
  return { ...many, tokenMs: (many.windowMs - few.windowMs) / (tokens - fewTokens) };
}

async function installTransformers(directory: string): Promise<void> {
  await mkdir(directory);
  await writeFile(join(directory, "package.json"), '{"private":true}\n');
  const environment = { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" };
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const name = `@huggingface/transformers@${transformersVersion}`;
  await execute("npm", ["install", name, ...flags], { cwd: directory, env: environment });
}

/** What transformers.js reads beside the graphs. */
async function writeHubConfiguration(checkpoint: string, directory: string): Promise<void> {
  const json = async (name: string) => JSON.parse(await readFile(join(checkpoint, name), "utf8"));
  const names = { architectures: ["WhisperForConditionalGeneration"], is_encoder_decoder: true, bos_token_id: 50257 };
  const config = { ...(await json("config.json")), ...names, pad_token_id: 50257 };
  const forJs = { use_external_data_format: true };
  await writeFile(join(directory, "config.json"), JSON.stringify({ ...config, "transformers.js_config": forJs }));
  const generation = {
    ...(await json("generation_config.json")),
    decoder_start_token_id: 50258,
    eos_token_id: 50257,
    pad_token_id: 50257,
    task_to_id: { transcribe: 50359, translate: 50358 },
    max_length: 448,
    begin_suppress_tokens: [220, 50257],
  };
  await writeFile(join(directory, "generation_config.json"), JSON.stringify(generation));
}

function table(ours: Record<string, number>, theirs: Record<string, number>): string {
  const rows: [label: string, key: string, digits: number][] = [
    ["encoder, ms", "encoderMs", 0],
    ["per token, ms", "tokenMs", 2],
    [`30 s window, ${tokens} tokens, ms`, "windowMs", 0],
    ["peak RSS, MiB", "peakRssMiB", 0],
  ];
  const lines = rows.map(([label, key, digits]) => {
    const [own, other] = [ours[key]!, theirs[key]!];
    return `| ${label} | ${own.toFixed(digits)} | ${other.toFixed(digits)} | ${(other / own).toFixed(1)} × |`;
  });
  const head = `| int8, one thread | halfgig | @huggingface/transformers ${transformersVersion} q8 | ratio |`;
  return [head, "|---|---|---|---|", ...lines].join("\n");
}

const directory = await mkdtemp(join(tmpdir(), "halfgig-bench-"));
try {
  console.error("writing a checkpoint and building both kinds of graphs …");
  const checkpoint = join(directory, "checkpoint");
  await mkdir(checkpoint);
  await writeSeededCheckpoint(checkpoint);
  const built = join(directory, "halfgig");
  const identity = { id: "bench", revision: "", licence: "", demo: true };
  await buildModel({
    checkpointDirectory: checkpoint,
    outputDirectory: built,
    precision: "int8",
    weightBytes: bestWeightBytes(),
    identity,
  });
  const hub = join(directory, "models/whisper-tiny-seeded");
  await mkdir(join(hub, "onnx"), { recursive: true });
  await writeHubGraphs(checkpoint, join(hub, "onnx"));
  await writeHubConfiguration(checkpoint, hub);
  console.error(`installing @huggingface/transformers ${transformersVersion} …`);
  const peer = join(directory, "peer");
  await installTransformers(peer);
  console.error("measuring …");
  const theirs = await both("run-transformers.ts", join(directory, "models"), [peer]);
  const ours = await both("run-halfgig.ts", built);
  const text = table(ours, theirs);
  console.log(text);
  if (process.argv.includes("--write")) {
    const about =
      "# Speech, side by side\n\nWritten by `npm run bench:speech -- --write`: seeded weights at whisper-tiny's sizes, the same " +
      "int8 bytes, features and number of tokens; medians of 7 windows; each side in a process of its own. transformers.js " +
      "runs its ordinary `generate` on graphs in the shape of the hub's exports.\n";
    await writeFile(
      script("speech.md"),
      `${about}\nProcessor: ${cpus()[0]?.model}, Node ${process.version}\n\n${text}\n`,
    );
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
