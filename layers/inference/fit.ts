import { knownModels, type ModelManifest, type Precision, type VoiceManifest } from "../models/index.ts";
import {
  type MeasuredCost,
  type ModelCost,
  measuredCosts,
  speechModelCost,
  totalMiB,
  voiceModelCost,
} from "./model-cost.ts";
import { budgetOfAllocation } from "./process-budget.ts";
import { tierOf } from "./tiers.ts";

/** A model that is still to be fetched, or one that is built. */
export type FitSubject = { readonly id: string; readonly precision: Precision } | ModelManifest | VoiceManifest;

/** Allocations are tried in such steps, up to the largest that Lambda gives. */
const stepMiB = 64;
const maxLambdaMiB = 10_240;

/**
 * Refuses a model that the allocation can never hold: before it is downloaded, where it is known by name, and before any work in any
 * case.
 * @throws MediaError `memory.plan_does_not_fit` that names the model, what it needs and what there is, the allocation that would do, and
 * models that fit this one
 */
export function requireModelFit(subject: FitSubject, allocationMiB: number): void {
  const cost = costOf(subject, tierOf(allocationMiB).arena);
  if (!cost) return;
  const name = `${subject.id} (${subject.precision})`;
  budgetOfAllocation(allocationMiB).requireFit(name, cost, () => wayOut(subject, allocationMiB));
}

function wayOut(subject: FitSubject, allocationMiB: number): string {
  const enough = smallestAllocation(subject, allocationMiB);
  const more =
    enough === undefined
      ? `it fits no allocation up to ${maxLambdaMiB} MB`
      : `it fits ${enough} MB (--memory ${enough}, or HALFGIG_INFER_MEMORY)`;
  const fitting = modelsThatFit(subject, allocationMiB);
  return fitting.length === 0 ? `${more}.` : `${more}; ${fitting.join(" and ")} would fit ${allocationMiB} MB.`;
}

const fits = (cost: ModelCost, allocationMiB: number) =>
  totalMiB(cost) <= budgetOfAllocation(allocationMiB).availableMiB;

/** Models are run otherwise where there is more memory, and cost more there. */
function smallestAllocation(subject: FitSubject, fromMiB: number): number | undefined {
  for (let atMiB = Math.ceil(fromMiB / stepMiB) * stepMiB; atMiB <= maxLambdaMiB; atMiB += stepMiB) {
    const cost = costOf(subject, tierOf(atMiB).arena);
    if (cost && fits(cost, atMiB)) return atMiB;
  }
  return undefined;
}

/** The same speech model in int8, and the largest measured one; nothing for a voice detector, which others cannot stand in for. */
function modelsThatFit(subject: FitSubject, allocationMiB: number): string[] {
  if ("architecture" in subject && subject.architecture !== "whisper") return [];
  const { arena } = tierOf(allocationMiB);
  const inInt8 =
    subject.precision === "fp32" && !("architecture" in subject) && costOf({ ...subject, precision: "int8" }, arena);
  const largest = measuredCosts
    .filter((row) => row.model.startsWith("whisper-") && row.arena === arena && fits(row, allocationMiB))
    .sort((a, b) => sizeOf(b) - sizeOf(a) || a.precision.localeCompare(b.precision) * -1)[0];
  const names = [
    ...(inInt8 && fits(inInt8, allocationMiB) ? [`${subject.id} (int8)`] : []),
    ...(largest ? [`${largest.model} (${largest.precision})`] : []),
  ];
  return [...new Set(names)];
}

/** By the width of its layers, which is the first of its sizes: a larger model hears better than a smaller one in a finer precision. */
const sizeOf = ({ shape }: MeasuredCost) => Number(/\d+/.exec(shape)?.[0] ?? 0);

/** Undefined for a model that nobody knows yet. */
function costOf(subject: FitSubject, arena: boolean): ModelCost | undefined {
  if ("architecture" in subject) {
    return subject.architecture === "whisper"
      ? speechModelCost(subject, { arena })
      : voiceModelCost(subject, { arena });
  }
  const { id, precision } = subject;
  // The checkpoints for English alone have the same sizes.
  const name = id.replace(/\.en$/, "");
  const isIt = (row: MeasuredCost) => row.model === name && row.precision === precision && row.arena === arena;
  return measuredCosts.find(isIt) ?? leastCost(id, precision);
}

/** Of a model whose size alone is known, its weights: it needs more than that in any case. Checkpoints are in float32. */
function leastCost(id: string, precision: Precision): ModelCost | undefined {
  const files = knownModels.get(id)?.files;
  const weightBytes = files?.reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0) ?? 0;
  const bytes = precision === "fp32" ? weightBytes : weightBytes / 4;
  return bytes > 0 ? { residentMiB: Math.floor(bytes / 2 ** 20), workingMiB: 0 } : undefined;
}
