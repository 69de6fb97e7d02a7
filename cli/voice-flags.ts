import type { JobFlags } from "./job-flags.ts";

/** For `parseArgs`. */
export const voiceFlags = {
  tasks: { type: "string" },
  "voice-model": { type: "string" },
  "voice-hop": { type: "string" },
  "voice-budget": { type: "string" },
  "operating-point": { type: "string" },
} as const;

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
