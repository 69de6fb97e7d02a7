import { z } from "zod";
import type { Settings } from "../core/index.ts";
import { type JobOptions, textTaskOf, wantsVoice } from "../storage/index.ts";

const taskSchema = z.enum(["transcribe", "translate", "language", "voice"]);

/** What is to be done with a file, decided once, before its windows are cut. */
export const workPlanSchema = z.object({
  /** How the text comes about. `windows`: each by itself; `exact`: one loop over the file; `none`: not at all. */
  recognition: z.enum(["windows", "exact", "none"]),
  /** What the transcript says was done. Empty where nothing was recognised. `voice`: windows are judged, whatever else is done. */
  tasks: z.array(taskSchema),
  /** False: the transcript says nothing about the language. */
  language: z.boolean(),
  /** The transcript's `mode`: how the text came about. */
  mode: z.string(),
});
export type WorkPlan = z.output<typeof workPlanSchema>;

type Switches = Pick<
  Settings,
  "ASR_PROVIDER" | "DISABLE_WHISPER" | "SKIP_AI_MODELS" | "DISABLE_LANGUAGE_DETECTION" | "DISABLE_ASR_FALLBACK"
>;

/** The settings that the decision depends on: functions that plan are given these. */
export const planSettings = [
  "ASR_PROVIDER",
  "DISABLE_WHISPER",
  "SKIP_AI_MODELS",
  "DISABLE_LANGUAGE_DETECTION",
  "DISABLE_ASR_FALLBACK",
] as const satisfies readonly (keyof Settings)[];

const nothing: WorkPlan = { recognition: "none", tasks: [], language: false, mode: "none" };

/**
 * Sender's options and host's switches together. What is switched off is left out and its field is null in the transcript:
 * never a default that looks like a finding.
 */
export function planWork(options: PlannedOptions, settings: Switches): WorkPlan {
  const text = planText(options, settings);
  return wantsVoice(options) && !settings.SKIP_AI_MODELS ? { ...text, tasks: [...text.tasks, "voice"] } : text;
}

/** Whether the file is cut into windows, each of which infer works on. */
export function needsWindows({ recognition, tasks }: WorkPlan): boolean {
  return recognition === "windows" || tasks.includes("voice");
}

type PlannedOptions = Pick<JobOptions, "task" | "tasks" | "mode" | "language"> & { transcript?: unknown };

function planText(options: PlannedOptions, settings: Switches): WorkPlan {
  const task = textTaskOf(options);
  if (options.transcript) return { ...nothing, mode: "given" };
  if (task === undefined || settings.DISABLE_WHISPER || settings.SKIP_AI_MODELS) return nothing;
  const detects = !settings.DISABLE_LANGUAGE_DETECTION;
  const local = settings.ASR_PROVIDER === "local";
  if (task === "language" || settings.DISABLE_ASR_FALLBACK) {
    // Another service names a language with its text only, and text is not wanted here.
    if (!detects || !local) return nothing;
    return { recognition: "windows", tasks: ["language"], language: true, mode: "parallel" };
  }
  return {
    recognition: options.mode === "exact" ? "exact" : "windows",
    tasks: [task],
    language: detects || options.language !== undefined,
    mode: local ? options.mode : settings.ASR_PROVIDER,
  };
}
