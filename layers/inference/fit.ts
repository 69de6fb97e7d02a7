import { knownModels, type ModelManifest, type Precision, type VoiceManifest } from "../models/index.ts";
import { type MeasuredCost, type ModelCost, measuredCosts, speechModelCost, voiceModelCost } from "./model-cost.ts";
import { budgetOfAllocation } from "./process-budget.ts";
import { tierOf } from "./tiers.ts";

/** A model that is still to be fetched, or one that is built. */
export type FitSubject = { readonly id: string; readonly precision: Precision } | ModelManifest | VoiceManifest;

/**
 * Refuses a model that the allocation can never hold: before it is downloaded, where it is known by name, and before any work in any
 * case.
 * @throws MediaError `memory.plan_does_not_fit` that names the model, what it needs and what there is
 */
export function requireModelFit(subject: FitSubject, allocationMiB: number): void {
  const cost = costOf(subject, tierOf(allocationMiB).arena);
  if (cost) budgetOfAllocation(allocationMiB).requireFit(`${subject.id} (${subject.precision})`, cost);
}

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
