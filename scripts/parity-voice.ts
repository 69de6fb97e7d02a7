/**
 * Compares the filter bank, the demo detector, and the voice detectors at the sizes of the published checkpoints (AST-base, XLS-R 300M; seeded weights) with the
 * golden numbers of test/parity/voice_golden.py, and measures them: milliseconds per window and peak memory, each in a
 * process of its own. Needs 4 GB in the folder for temporary files. `npm run parity:voice [astDemo|xlsrSmall|astBase|xlsr300m]`
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FbankStream } from "../layers/audio/index.ts";
import { allocatorOf, loadVoiceModel, voiceModelCostMiB } from "../layers/inference/index.ts";
import { demoVoiceDirectory } from "../layers/models/index.ts";
import { maxAbsoluteError } from "../test/parity/golden.ts";
import {
  readVoiceGolden,
  seededPcm,
  type VoiceGolden,
  writeSeededVoiceCheckpoint,
} from "../test/parity/voice-checkpoint.ts";
import { compareVoiceModel } from "../test/parity/voice-parity.ts";

const bounds = { fp32: 1e-4, int8: 0.999 };
const measuredRuns = 5;
const measureFlag = "--measure";

if (process.argv[2] === measureFlag) await measure(process.argv[3]!);
else await compare(process.argv[2]);

async function compare(only: string | undefined): Promise<void> {
  const golden = await readVoiceGolden();
  if (only === undefined) compareFbank(golden);
  for (const name of ["astDemo", "xlsrSmall", "astBase", "xlsr300m"] as const) {
    if (only !== undefined && only !== name) continue;
    const workDirectory = await mkdtemp(join(tmpdir(), "halfgig-parity-"));
    try {
      const checkpointDirectory = name === "astDemo" ? demoVoiceDirectory : join(workDirectory, "checkpoint");
      if (name !== "astDemo") await writeSeededVoiceCheckpoint(checkpointDirectory, name);
      for (const precision of ["int8", "fp32"] as const) {
        const outputDirectory = join(workDirectory, precision);
        const started = performance.now();
        const results = await compareVoiceModel({
          checkpointDirectory,
          outputDirectory,
          precision,
          cases: golden[name],
        });
        const seconds = ((performance.now() - started) / 1000).toFixed(1);
        for (const { samples, maxError, cosine } of results) {
          const passed = precision === "fp32" ? maxError <= bounds.fp32 : cosine >= bounds.int8;
          console.log(
            `${name} ${precision}, ${samples / 16} ms: max error ${maxError.toExponential(2)}, cosine ${cosine.toFixed(6)} ` +
              `${passed ? "ok" : "TOO FAR"} (built and run in ${seconds} s)`,
          );
          if (!passed) process.exitCode = 1;
        }
        if (name !== "astBase" && name !== "xlsr300m") continue;
        const child = spawnSync(process.execPath, [fileURLToPath(import.meta.url), measureFlag, outputDirectory], {
          encoding: "utf8",
          // What functions run with: freed blocks go back to the system.
          env: { ...process.env, ...allocatorOf(512) },
        });
        console.log(`${name} ${precision}: ${(child.stdout || child.stderr).trim()}`);
        await rm(outputDirectory, { recursive: true });
      }
    } finally {
      await rm(workDirectory, { recursive: true, force: true });
    }
  }
}

/** Kaldi's filter bank against its definition in numpy. */
function compareFbank({ fbank }: VoiceGolden): void {
  const rows = new FbankStream(128).push(seededPcm(16_000));
  const errors = fbank.rows.map(({ frame, values }) => maxAbsoluteError(rows.subarray(frame * 128), values));
  const worst = Math.max(...errors);
  const passed = rows.length === fbank.frames * 128 && worst <= bounds.fp32;
  console.log(`fbank, 1000 ms: max error ${worst.toExponential(2)} ${passed ? "ok" : "TOO FAR"}`);
  if (!passed) process.exitCode = 1;
}

async function measure(directory: string): Promise<void> {
  await using model = await loadVoiceModel({ directory });
  const { manifest } = model;
  const loaded = memory();
  const pcm = seededPcm((manifest.windowMs * manifest.sampleRateHz) / 1000);
  const times: number[] = [];
  for (let run = 0; run < measuredRuns; run++) {
    // Processor time, which others on the machine disturb less; with one thread it is the wall time of a quiet machine.
    const started = process.cpuUsage();
    await model.score(pcm);
    const { user, system } = process.cpuUsage(started);
    times.push((user + system) / 1000);
  }
  const { peakMiB, anonymousMiB } = memory();
  console.log(
    `${Math.min(...times).toFixed(0)} ms of processor time per window of ${manifest.windowMs} ms, one thread; ` +
      `resident after load ${loaded.residentMiB} MiB (${loaded.anonymousMiB} anonymous), peak ${peakMiB} MiB, ` +
      `anonymous at the end ${anonymousMiB} MiB; reserved by the budget ${voiceModelCostMiB(manifest)} MiB`,
  );
}

/** From /proc, in MiB. */
function memory() {
  const status = readFileSync("/proc/self/status", "utf8");
  const field = (name: string) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
  return { residentMiB: field("VmRSS"), peakMiB: field("VmHWM"), anonymousMiB: field("RssAnon") };
}
