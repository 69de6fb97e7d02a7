import { voiceModelNames } from "../layers/core/index.ts";
import type { JobFlags } from "./job-flags.ts";

/** For `parseArgs`. */
export const voiceFlags = {
  tasks: { type: "string" },
  "voice-model": { type: "string" },
  "voice-hop": { type: "string" },
  "voice-budget": { type: "string" },
  "operating-point": { type: "string" },
} as const;

export const voiceUsage = `Voices
      --tasks <list>            transcribe or translate, language, voice: everything to do, with commas between;
                                voice finds out whether the voices are human or synthetic
      --voice-model <name>      detector: ${voiceModelNames.join(", ")}; "demo" comes with halfgig (default: VOICE_MODEL, else ast)
      --voice-hop <ms>          speech between the beginnings of two judged windows (default: a window, so that none overlap)
      --voice-budget <share>    stop judging when a wrong stop is no likelier than this, such as 0.01 (default: judge all speech)
      --operating-point <name>  recall misses few synthetic voices, precision accuses few human ones (default: balanced)`;

type Values = { [Flag in keyof typeof voiceFlags]?: string | undefined };

/** The job's options as the flags have them; they are checked with all others. @param wholeNumber as in `parseJobFlags` */
export function parseVoiceFlags(
  values: Values,
  wholeNumber: (option: string, text: string, least: number, most: number) => number,
  refuse: (message: string) => never,
): Pick<{ [Name in keyof JobFlags]: unknown }, "tasks" | "voiceModel" | "voiceHop" | "voiceBudget" | "operatingPoint"> {
  const hop = values["voice-hop"];
  const budget = values["voice-budget"];
  if (budget !== undefined && !/^0?\.\d+$/.test(budget)) {
    refuse(`--voice-budget takes a share such as 0.01, not "${budget}".`);
  }
  return {
    tasks: values.tasks?.split(",").map((task) => task.trim()),
    voiceModel: values["voice-model"],
    voiceHop: hop === undefined ? undefined : wholeNumber("--voice-hop", hop, 500, 120_000),
    voiceBudget: budget === undefined ? undefined : Number(budget),
    operatingPoint: values["operating-point"],
  };
}
