import { parseArgs } from "node:util";
import type { Settings } from "../layers/core/index.ts";
import type { Architecture, Pattern, PlanChoices } from "../layers/plan/index.ts";
import { UsageError } from "./options.ts";

export type PlanFlags = PlanChoices & {
  help: boolean;
  json: boolean;
  /** A file, or a length of time. */
  what: string;
  hoursPerDay: number | undefined;
  pattern: Pattern;
  seed: number;
  maxConcurrency: number;
  architecture: Architecture;
};

export const planUsage = `halfgig plan: memory, time and cost, without running anything

  halfgig plan <file|duration>       one file; a duration is 90s, 1h30m or 3:00:00
  halfgig plan --hours-per-day <n>   a day of files on AWS, simulated against its quotas

      --model <name>       whisper-tiny, whisper-base, whisper-small, demo  (default: WHISPER_MODEL)
      --voice-model <name>   judge voices, too: ast-asvspoof5, ast-voxcelebspoof
      --tasks <list>         transcribe, translate, language, voice; several with commas
      --mode <mode>          parallel or exact
      --memory <MB>          allocation of infer                     (default: HALFGIG_INFER_MEMORY)
      --concurrency <n>      windows at once on AWS, MAX_CONCURRENCY       (default: 20)
      --pattern <name>       how files arrive: diurnal or poisson          (default: diurnal)
      --seed <n>             another day of the same kind                  (default: 1)
      --json                 everything as JSON
      --data <dir>           as everywhere; a plan goes by measurements and reads no data
`;

const tasks = ["transcribe", "translate", "language", "voice"] as const;

/** @throws UsageError */
export function parsePlanFlags(argv: readonly string[], settings: Settings): PlanFlags {
  const { values, positionals } = parse(argv);
  const hoursPerDay = values["hours-per-day"];
  const [what = "", ...more] = positionals;
  if (!values.help && (hoursPerDay === undefined) === (what === ""))
    throw new UsageError("halfgig plan takes a file, a duration, or --hours-per-day.");
  if (more.length > 0) throw new UsageError(`halfgig plan takes one file; "${more[0]}" was given besides.`);
  const listed = (values.tasks ?? (values["voice-model"] ? "transcribe,voice" : "transcribe")).split(",");
  const known = listed.map((name) => oneOf("--tasks", name.trim(), tasks));
  const wantsVoice = known.includes("voice");
  return {
    help: values.help,
    json: values.json,
    what,
    model: values.model ?? settings.WHISPER_MODEL,
    precision: settings.USE_INT8_QUANTIZATION ? "int8" : "fp32",
    voiceModel: wantsVoice ? (values["voice-model"] ?? "ast-asvspoof5") : undefined,
    tasks: known,
    mode: oneOf("--mode", values.mode, ["parallel", "exact"]),
    memoryMB: number("--memory", values.memory ?? String(settings.HALFGIG_INFER_MEMORY), 32, 10_240),
    hoursPerDay: hoursPerDay === undefined ? undefined : number("--hours-per-day", hoursPerDay, 0.1, 100_000),
    pattern: oneOf("--pattern", values.pattern, ["diurnal", "poisson"]),
    seed: number("--seed", values.seed, 0, 2 ** 32 - 1),
    maxConcurrency: number("--concurrency", values.concurrency, 1, 10_000),
    architecture: settings.HALFGIG_ARCHITECTURE,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        model: { type: "string" },
        "voice-model": { type: "string" },
        tasks: { type: "string" },
        mode: { type: "string", default: "parallel" },
        memory: { type: "string" },
        "hours-per-day": { type: "string" },
        concurrency: { type: "string", default: "20" },
        pattern: { type: "string", default: "diurnal" },
        seed: { type: "string", default: "1" },
        json: { type: "boolean", default: false },
        // As every command has it. A plan goes by what was measured, and reads no data.
        data: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function oneOf<T extends string>(option: string, text: string, known: readonly T[]): T {
  const found = known.find((each) => each === text);
  if (found !== undefined) return found;
  throw new UsageError(`${option} takes ${known.join(", ")}, not "${text}".`);
}

function number(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= least && value <= most) return value;
  throw new UsageError(`${option} takes a number from ${least} to ${most}, not "${text}".`);
}
