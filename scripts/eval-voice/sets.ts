import { existsSync } from "node:fs";
import { digitString, fliteRms, heldOutVoice, howToInstall, isInstalled, Random, sentence } from "../eval/index.ts";
import type { EvalVoiceOptions } from "./options.ts";
import { folderVoices, spokenVoices, type VoiceSource } from "./recordings.ts";

/** People against one kind of synthesizer. Each condition starts its sources anew, with the same voices. */
export type VoiceSet = { name: string; open(): Promise<{ human: VoiceSource; synthetic: VoiceSource }> };

const defaultHuman = "../shared/data/human";

/** The sets that this machine can make; what is missing is said on the way. */
export async function chooseSets(options: EvalVoiceOptions): Promise<VoiceSet[]> {
  const directory = options.human ?? (existsSync(defaultHuman) ? defaultHuman : undefined);
  if (!directory) throw new Error("There are no recordings of people here. Give a folder of them with --human.");
  const human = (name: string) =>
    folderVoices(directory, options.isHeldOut, new Random(`${name} people ${options.seed}`));
  const sets: VoiceSet[] = [];
  const add = (name: string, synthetic: (random: Random) => VoiceSource | Promise<VoiceSource>) =>
    sets.push({
      name,
      async open() {
        return { human: await human(name), synthetic: await synthetic(new Random(`${name} ${options.seed}`)) };
      },
    });
  for (const [program, voice, speak] of [
    ["espeak-ng", "espeak-ng, held-out variants", (random: Random) => heldOutVoice(text(random), "en", random)],
    ["flite", "flite rms", (random: Random) => fliteRms(text(random), random)],
  ] as const) {
    if (await isInstalled(program)) add(voice, (random) => spokenVoices(speak, random));
    else console.info(howToInstall(program));
  }
  const { synthetic } = options;
  if (synthetic) add(synthetic, (random) => folderVoices(synthetic, () => true, random));
  return sets;
}

function text(random: Random): string {
  return random.next() < 0.5 ? sentence("en", random) : digitString("en", random.integer(3, 7), random);
}
