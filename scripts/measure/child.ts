/**
 * Loads one built model and runs windows of full length; prints what that took as one line of JSON:
 * `node child.ts <speech|voice> <folder> <threads> <arena 0|1> <windows>`. Goes on when a line comes on stdin, so that its parent can
 * give it a share of the processor first.
 */
import { once } from "node:events";
import { loadVoiceModel, WhisperModel } from "../../layers/inference/index.ts";
import { seeded } from "../../test/parity/seeded.ts";
import { processMemory, resetPeak } from "./process-memory.ts";

const textTokens = 60;
/** A long window of speech has about so many; an alignment takes them all. */
const alignedTokens = 100;

export type Measurement = {
  /** Over the process without a model: what stays while the model is loaded and a window is open. */
  residentMiB: number;
  /** What comes on top at the widest moment of loading and of a run. */
  workingMiB: number;
  /** Of the resident part, what no file backs. */
  anonymousMiB: number;
  loadMs: number;
  /** Median. */
  windowMs: number;
  /** The least processor time of a window: what other work on the machine does to the clock is not in it. */
  windowCpuMs: number;
};

type Window = () => Promise<void>;
type Loaded = AsyncDisposable & { window(atRest: () => void): Promise<void>; warm: Window };

const [, , kind, directory = "", threads, arena, windows] = process.argv;
// The library itself is part of the process that is there without a model.
await import("../../layers/inference/runtime.ts");
if (!process.stdin.isTTY) await once(process.stdin, "data");
process.stdin.destroy();
const idle = processMemory();
resetPeak();
const started = performance.now();
const loaded = await (kind === "speech" ? speech() : voice());
const loadMs = performance.now() - started;
let resting = processMemory();
const times: number[] = [];
const processorTimes: number[] = [];
for (let index = 0; index < Number(windows); index++) {
  const windowStarted = performance.now();
  const processorBefore = process.cpuUsage();
  await loaded.window(() => {
    const now = processMemory();
    if (now.rssMiB > resting.rssMiB) resting = now;
  });
  times.push(performance.now() - windowStarted);
  const { user, system } = process.cpuUsage(processorBefore);
  processorTimes.push((user + system) / 1000);
}
await loaded.warm();
const { peakMiB } = processMemory();
await loaded[Symbol.asyncDispose]();
const measurement: Measurement = {
  residentMiB: Math.ceil(resting.rssMiB - idle.rssMiB),
  workingMiB: Math.ceil(peakMiB - resting.rssMiB),
  anonymousMiB: Math.ceil(resting.anonymousMiB - idle.anonymousMiB),
  loadMs: Math.round(loadMs),
  windowMs: Math.round(times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0),
  windowCpuMs: Math.round(Math.min(...processorTimes)),
};
console.log(JSON.stringify(measurement));

async function speech(): Promise<Loaded> {
  const model = await WhisperModel.load({ directory, threads: Number(threads), arena: arena === "1" });
  const { melBins, maxFrames, tokens } = model.manifest;
  const mel = seeded("mel", melBins * maxFrames).map((value) => value * 8);
  return {
    async window(atRest) {
      using audio = await model.encode(mel, maxFrames);
      using state = model.start(audio);
      await model.step(state, [tokens.startOfTranscript, tokens.startOfTranscript + 1, tokens.transcribe]);
      for (let index = 1; index < textTokens; index++) await model.step(state, [100 + index]);
      atRest();
    },
    async warm() {
      using audio = await model.encode(mel, maxFrames);
      await model.align(
        audio,
        Array.from({ length: alignedTokens }, (_, index) => index + 3),
      );
    },
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}

async function voice(): Promise<Loaded> {
  const model = await loadVoiceModel({ directory, threads: Number(threads), arena: arena === "1" });
  const pcm = seeded("pcm", (model.manifest.windowMs * model.manifest.sampleRateHz) / 1000);
  return {
    async window(atRest) {
      await model.score(pcm);
      atRest();
    },
    warm: async () => {},
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}
