import { parseArgs } from "node:util";
import { demoVoiceModelId } from "../../layers/voice/index.ts";

export const usage = `npm run eval:voice -- [options]: how well a voice detector tells people from speech synthesizers

  --model <dir>       built voice model                              (default: the bundled demo model)
  --card <id>         what is known of that model, e.g. xlsr-pellav2 (default: ${demoVoiceModelId})
  --count <n>         recordings of each kind in each set            (default: 60)
  --seed <n>          other recordings of the same kinds             (default: 1)
  --human <dir>       recordings of people, one or more a person     (default: ../shared/data/human, where it exists)
  --exclude <names>   people in it whose files are left out, comma-separated: whom the model was trained on (default: in the
                      default folder all whose number is not divisible by 4, as the demo model's training has it)
  --synthetic <dir>   recordings of a synthesizer, for a set of their own
  --precision <p>     int8 or fp32, for the demo model               (default: int8)
  --json <file>       write the figures there
  --help

A file belongs to the person whose name is before its first "-" or "_". WAV and whatever else ffmpeg reads.
`;

export type EvalVoiceOptions = {
  model: string | undefined;
  card: string;
  count: number;
  seed: number;
  human: string | undefined;
  /** Whether the model may be judged by this person's recordings. */
  isHeldOut: (person: string) => boolean;
  synthetic: string | undefined;
  precision: "int8" | "fp32";
  json: string | undefined;
  help: boolean;
};

/** LibriSpeech readers whose number this divides did not train the demo model (HELD_OUT_EVERY of its ast_data.py). */
const heldOutEvery = 4;

/** @throws Error that says what is wrong with the command line */
export function parseOptions(argv: readonly string[]): EvalVoiceOptions {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...argv],
    options: {
      model: text,
      card: text,
      count: text,
      seed: text,
      human: text,
      exclude: text,
      synthetic: text,
      precision: text,
      json: text,
      help: { type: "boolean", short: "h" },
    },
  });
  const number = (name: "count" | "seed", fallback: number) => {
    const given = values[name];
    if (given === undefined) return fallback;
    if (!/^[1-9]\d{0,5}$/.test(given)) throw new Error(`--${name} takes a whole number from 1, not "${given}".`);
    return Number(given);
  };
  const { model, card = demoVoiceModelId, human, synthetic, precision = "int8", json, help = false } = values;
  if (precision !== "int8" && precision !== "fp32") throw new Error(`--precision is int8 or fp32, not "${precision}".`);
  const excluded = values.exclude?.split(",") ?? [];
  const isOurs = human === undefined && values.exclude === undefined;
  return {
    model,
    card,
    count: number("count", 60),
    seed: number("seed", 1),
    human,
    isHeldOut: (person) => (isOurs ? Number(person) % heldOutEvery === 0 : !excluded.includes(person)),
    synthetic,
    precision,
    json,
    help,
  };
}
