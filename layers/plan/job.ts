import { MediaError } from "../core/index.ts";
import { quotas } from "./limits.ts";
import {
  inferStep,
  type ModelCosts,
  measuredNeedMiB,
  type PlannedFunction,
  type StepCost,
  speechModels,
  steps,
  stretch,
  voiceModels,
  windowing,
} from "./measured.ts";
import type { Arrival, CallCost, SimulatedFunction, System } from "./simulate/index.ts";

/** What is to be planned: the choices that `halfgig` has for a job. */
export type PlanChoices = {
  model: string;
  precision: "int8" | "fp32";
  /** A detector from the registry, where voices are judged, too. */
  voiceModel: string | undefined;
  tasks: readonly ("transcribe" | "translate" | "language" | "voice")[];
  mode: "parallel" | "exact";
  /** Allocation of infer. */
  memoryMB: number;
};

/** Allocation of every function but infer. */
export const functionMB = 512;

/** @throws MediaError `request.invalid` for a model without figures */
export function modelCosts(model: string): ModelCosts {
  const known = speechModels[model];
  if (known) return known;
  throw new MediaError(
    "request.invalid",
    `There are no measurements of ${model}. Planned can be: ${Object.keys(speechModels).join(", ")}.`,
  );
}

function voiceCosts(name: string) {
  const known = voiceModels[name];
  if (known) return known;
  throw new MediaError(
    "request.invalid",
    `There are no measurements of ${name}. Planned can be: ${Object.keys(voiceModels).join(", ")}.`,
  );
}

/** What infer needs in memory for these choices, MiB: the largest model where they are held one after the other. */
export function inferNeedMiB({ model, precision, voiceModel, memoryMB }: PlanChoices): number {
  const { otherwiseMiB } = modelCosts(model);
  const speech = measuredNeedMiB(model, precision, memoryMB) ?? otherwiseMiB[precision];
  if (voiceModel === undefined) return speech;
  return Math.max(speech, measuredNeedMiB(voiceCosts(voiceModel).measuredAs, precision, memoryMB) ?? 0);
}

/** @throws MediaError `memory.plan_does_not_fit` */
export function requireFit(choices: PlanChoices): void {
  const needMiB = inferNeedMiB(choices);
  if (needMiB <= choices.memoryMB) return;
  const what = choices.voiceModel === undefined ? choices.model : `${choices.model} with ${choices.voiceModel}`;
  throw new MediaError(
    "memory.plan_does_not_fit",
    `${what} in ${choices.precision} needs ${needMiB} MiB, and infer has ${choices.memoryMB}. Plan with --memory ${tierFor(needMiB)}, or a smaller model.`,
    { context: { needMiB, memoryMB: choices.memoryMB } },
  );
}

export const tiers = [512, 1024, 2048] as const;

const tierFor = (needMiB: number) => tiers.find((tier) => tier >= needMiB) ?? Math.ceil(needMiB / 64) * 64;

/** Processor time of one window's inference on a whole core, ms. */
export function windowMs({ model, voiceModel, tasks }: PlanChoices): number {
  const costs = modelCosts(model);
  // Finding the language out needs the encoder and one step; decoding is the larger half.
  const speech =
    tasks.includes("transcribe") || tasks.includes("translate") ? 1 : tasks.includes("language") ? 0.45 : 0;
  const recognised = speech * costs.windowMs * (windowing.meanSeconds / 30);
  if (voiceModel === undefined) return recognised;
  const voice = voiceCosts(voiceModel);
  return recognised + voice.windowMs * (windowing.meanSeconds / voice.windowSeconds);
}

/** A call's cost on a function of so many MB. */
function callCost(name: SimulatedFunction, file: Arrival, choices: PlanChoices): CallCost {
  const isInfer = name === "infer";
  const step: StepCost = isInfer ? inferStep : steps[name as PlannedFunction];
  const slower = stretch(isInfer ? choices.memoryMB : functionMB);
  const loadMs = isInfer ? modelCosts(choices.model).loadMs : 0;
  const own =
    step.fixedMs +
    step.perAudioSecondMs * (file.durationMs / 1000) +
    step.perWindowMs * file.windows +
    (isInfer ? windowMs(choices) : 0);
  return {
    // Lambda gives a whole core while a function starts; loading the model is part of its first call.
    coldMs: step.coldMs + loadMs * slower,
    ms: own * slower + requestMs * (step.s3.reads + step.s3.writes),
    reads: step.s3.reads + step.s3.readsPerWindow * file.windows,
    writes: step.s3.writes + step.s3.writesPerWindow * file.windows,
  };
}

/** A request to S3 within the region takes about as long; it is waited for, whatever the processor's share. */
const requestMs = 15;

/** Calls at once, as `stacks/app` has them: ten of each small function, and of infer as many as MAX_CONCURRENCY. */
export const smallConcurrency = 10;

/** AWS with its default quotas, and the functions as they are deployed. */
export function awsSystem(choices: PlanChoices, maxConcurrency: number): System {
  return {
    cost: (name, file) => callCost(name, file, choices),
    concurrency: (name) => (name === "infer" ? maxConcurrency : smallConcurrency),
    maxConcurrency,
    accountConcurrency: quotas.lambdaConcurrency.value,
    scalingPerTenSeconds: quotas.lambdaScaling.value,
    // Not promised anywhere; five to fifteen minutes is what people find.
    idleMs: 6 * 60_000,
    transitionMs: 25,
    startMs: 150,
    starts: { perSecond: quotas.startRate.value, bucket: quotas.startBucket.value },
    transitions: { perSecond: quotas.transitionRate.value, bucket: quotas.transitionBucket.value },
    openMapRuns: quotas.openMapRuns.value,
    openExecutions: quotas.openExecutions.value,
    s3: { readsPerSecond: quotas.s3Reads.value, writesPerSecond: quotas.s3Writes.value },
    api: { perSecond: quotas.apiRate.value, bucket: quotas.apiBurst.value },
    pollMs: 5_000,
  };
}
