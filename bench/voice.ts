/**
 * The voice detectors against @huggingface/transformers' audio-classification, side by side: the same seeded weights at the sizes of
 * AST-base and XLS-R 300M, the same int8 bytes, the same audio, features included, one thread each:
 * `npm run bench:voice [-- --write]`. Needs 4 GB in the folder for temporary files.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { allocatorOf } from "../layers/inference/index.ts";
import { bestWeightBytes, buildVoiceModel } from "../layers/models/index.ts";
import { writeSeededVoiceCheckpoint } from "../test/parity/voice-checkpoint.ts";
import { writeHubVoiceGraph } from "./hub-voice-graphs.ts";
import { installTransformers, transformersVersion } from "./peer.ts";
import type { VoiceTimes } from "./voice-settings.ts";

const execute = promisify(execFile);
const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));

const detectors = [
  { kind: "ast", size: "astBase", label: "AST-base", architecture: "ASTForAudioClassification" },
  { kind: "xlsr", size: "xlsr300m", label: "XLS-R 300M", architecture: "Wav2Vec2ForSequenceClassification" },
] as const;

async function measure(name: string, args: readonly string[]): Promise<VoiceTimes> {
  // The allocator's thresholds are those halfgig's functions run with; both sides get them.
  const environment = { ...process.env, ...allocatorOf(512) };
  const { stdout } = await execute(process.execPath, [script(name), ...args], { env: environment });
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as VoiceTimes;
}

/** What transformers.js reads beside the graph. */
async function writeHubConfiguration(kind: string, architecture: string, from: string, to: string): Promise<void> {
  const config = JSON.parse(await readFile(join(from, "config.json"), "utf8"));
  const { id2label = { 0: "spoof" } } = config;
  const forJs = { "transformers.js_config": { use_external_data_format: true } };
  await writeFile(
    join(to, "config.json"),
    JSON.stringify({ ...config, architectures: [architecture], id2label, ...forJs }),
  );
  const sizes = { num_mel_bins: 128, max_length: 1024, mean: -4.2677393, std: 4.5689974 };
  const preprocessor =
    kind === "ast"
      ? { feature_extractor_type: "ASTFeatureExtractor", ...sizes }
      : { feature_extractor_type: "Wav2Vec2FeatureExtractor", feature_size: 1 };
  const shared = { sampling_rate: 16_000, do_normalize: true, padding_value: 0, return_attention_mask: false };
  await writeFile(join(to, "preprocessor_config.json"), JSON.stringify({ ...shared, ...preprocessor }));
}

const directory = await mkdtemp(join(tmpdir(), "halfgig-bench-voice-"));
try {
  const peer = join(directory, "peer");
  console.error(`installing @huggingface/transformers ${transformersVersion} …`);
  await installTransformers(peer);
  const rows: string[] = [];
  for (const { kind, size, label, architecture } of detectors) {
    console.error(`${label}: writing a checkpoint and building both kinds of graphs …`);
    const checkpoint = join(directory, "checkpoint");
    await writeSeededVoiceCheckpoint(checkpoint, size);
    const built = join(directory, kind);
    const { windowMs } = await buildVoiceModel({
      checkpointDirectory: checkpoint,
      outputDirectory: built,
      precision: "int8",
      weightBytes: bestWeightBytes(),
      identity: { id: "bench", revision: "", licence: "", demo: true },
    });
    const hub = join(directory, "models", kind);
    await mkdir(join(hub, "onnx"), { recursive: true });
    await writeHubVoiceGraph(kind, checkpoint, join(hub, "onnx"));
    await writeHubConfiguration(kind, architecture, checkpoint, hub);
    await rm(checkpoint, { recursive: true });
    console.error(`${label}: measuring …`);
    const ours = await measure("run-voice.ts", [built, String(windowMs)]);
    const theirs = await measure("run-voice-transformers.ts", [
      join(directory, "models"),
      kind,
      String(windowMs),
      peer,
    ]);
    const row = (what: string, own: number, other: number) =>
      rows.push(`| ${label}, ${what} | ${own.toFixed(0)} | ${other.toFixed(0)} | ${(other / own).toFixed(1)} × |`);
    row(
      "ms of processor time per second of speech",
      ours.windowMs / (windowMs / 1000),
      theirs.windowMs / (windowMs / 1000),
    );
    row("peak RSS, MiB", ours.peakRssMiB, theirs.peakRssMiB);
    await rm(built, { recursive: true });
    await rm(hub, { recursive: true });
  }
  const head = `| int8, one thread | halfgig | @huggingface/transformers ${transformersVersion} q8 | ratio |`;
  const text = [head, "|---|---|---|---|", ...rows].join("\n");
  console.log(text);
  if (process.argv.includes("--write")) {
    const about =
      "# Voice detectors, side by side\n\nWritten by `npm run bench:voice -- --write`: seeded weights at the sizes of AST-base and " +
      "XLS-R 300M, the same int8 bytes and the same audio, features included; processor time, the best of 5 full windows; each side in a " +
      "process of its own. transformers.js runs its pipeline `audio-classification` on graphs with plain attention.\n";
    const machine = `Processor: ${cpus()[0]?.model}, Node ${process.version}`;
    await writeFile(script("voice.md"), `${about}\n${machine}\n\n${text}\n`);
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
