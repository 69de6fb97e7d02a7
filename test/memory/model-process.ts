/**
 * Works with models of true size as infer does, in one process, and reports what that took as one line of JSON:
 * `node model-process.ts windows <count> <speech model> <seconds>` decodes windows of that length one after the other;
 * `node model-process.ts grow …` does the same, and collects garbage before it reads what is resident: what grows then is a leak, and not
 * the saw of a collector that comes round once in some hundred windows;
 * `node model-process.ts evict <count> <speech model> <voice model>` uses two models in turn that may not stay in memory together;
 * `node model-process.ts both …` does the same under the process' own budget, which decides what stays.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  loadVoiceModel,
  MemoryBudget,
  processBudget,
  speechModelCostMiB,
  voiceModelCostMiB,
  WhisperModel,
} from "../../layers/inference/index.ts";
import { readManifest, readVoiceManifest } from "../../layers/models/index.ts";
import { processMemory } from "../../scripts/measure/process-memory.ts";
import { seeded } from "../parity/seeded.ts";

export type ModelProcessReport = {
  peakMiB: number;
  /** Resident memory after each window, or after each turn. */
  rssMiB: number[];
  evictions: number;
};

/** Of ordinary speech. */
const tokensPerSecond = 1.5;
const fullWindowSeconds = 30;
const framesPerSecond = 100;

const [, , task, count, speechDirectory = "", last = ""] = process.argv;
const rssMiB: number[] = [];
let evictions = 0;
if (task === "windows" || task === "grow") await windows(Number(count), Number(last), task === "grow");
else await evict(Number(count), last, task === "both");
const report: ModelProcessReport = { peakMiB: processMemory().peakMiB, rssMiB, evictions };
console.log(JSON.stringify(report));

async function windows(total: number, seconds: number, collects: boolean): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const budget = processBudget();
  for (let index = 0; index < total; index++) {
    await window(budget, seconds);
    if (collects) collect();
    rssMiB.push(processMemory().rssMiB);
  }
}

async function window(budget: MemoryBudget, seconds: number): Promise<void> {
  await using model = await WhisperModel.load({ directory: speechDirectory, budget });
  const { melBins, tokens } = model.manifest;
  const frames = seconds * framesPerSecond;
  using audio = await model.encode(mel(melBins * frames), frames);
  using state = model.start(audio);
  await model.step(state, [tokens.startOfTranscript]);
  for (let index = 1; index < seconds * tokensPerSecond; index++) await model.step(state, [100 + index]);
}

/** By default under a budget with room for the larger of the two alone: every turn releases the other one and loads its own. */
async function evict(turns: number, voiceDirectory: string, ownBudget: boolean): Promise<void> {
  const speech = speechModelCostMiB(await readManifest(speechDirectory));
  const voice = voiceModelCostMiB(await readVoiceManifest(voiceDirectory));
  const larger = new MemoryBudget({ allocationMiB: Math.max(speech, voice) + 96, reserveMiB: 96 });
  const budget = ownBudget ? processBudget() : larger;
  budget.onEviction = () => {
    evictions++;
  };
  for (let turn = 0; turn < turns; turn++) {
    await window(budget, fullWindowSeconds);
    await using model = await loadVoiceModel({ directory: voiceDirectory, budget });
    await model.score(new Float32Array((model.manifest.windowMs * model.manifest.sampleRateHz) / 1000));
    rssMiB.push(processMemory().rssMiB);
  }
}

function mel(length: number): Float32Array {
  return seeded("mel", length).map((value) => value * 8);
}
