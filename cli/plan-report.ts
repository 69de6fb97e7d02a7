import {
  type FleetPlan,
  fileLengths,
  type JobPlan,
  type Latencies,
  type PlanChoices,
  prices,
  spokenDuration,
  windowing,
} from "../layers/plan/index.ts";
import { longestExecutionSeconds } from "../layers/workflow/execution-limit.ts";
import type { PlanFlags } from "./plan-flags.ts";
import { table } from "./tables.ts";

const dollars = (amount: number) => (amount < 1 ? `$${amount.toFixed(4)}` : `$${amount.toFixed(2)}`);
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const count = (value: number) => Math.round(value).toLocaleString("en-US");

const pricesLine = `Prices: AWS ${prices.region}, ${prices.date}, list prices without the free tier.`;
const speedLine =
  "A Lambda vCPU is taken to be as fast as a core of the measured machine (x86-64, AVX-512 VNNI); allow two to three times the compute for slower ones.";

/** What `halfgig plan <file|duration>` prints. */
export function jobReport(plan: JobPlan, flags: PlanFlags): string {
  const { memory, wallTimes, tiers, others, limits } = plan;
  return [
    `${spokenDuration(plan.durationMs)} of audio: about ${count(plan.windows)} windows (${percent(windowing.share)} of it, ${windowing.meanSeconds} s each)`,
    choicesLine(flags, plan.basis),
    "",
    table(
      ["function", "needs MiB", "allocation MB"],
      memory.map((row) => [row.function, Math.round(row.needMiB), row.allocationMB]),
    ),
    "",
    table(
      ["windows at once", "time on AWS"],
      wallTimes.map(({ concurrency, ms }) => [concurrency, spokenDuration(ms)]),
    ),
    "",
    table(
      ["an audio hour on", "costs", "one file takes"],
      [
        ...tiers.map(({ memoryMB, dollarsPerAudioHour, ms }) =>
          dollarsPerAudioHour === null || ms === null
            ? [`halfgig, infer ${memoryMB} MB`, "does not fit", ""]
            : [`halfgig, infer ${memoryMB} MB`, dollars(dollarsPerAudioHour), spokenDuration(ms)],
        ),
        ...others.map(({ name, dollarsPerAudioHour, basis }) => [name, dollars(dollarsPerAudioHour), basis]),
      ],
    ),
    "",
    table(
      ["hard limit", "used", "of"],
      limits.map(({ name, used, limit }) => [name, used, limit]),
    ),
    "",
    pricesLine,
    speedLine,
  ].join("\n");
}

/** What `halfgig plan --hours-per-day` prints. */
export function fleetReport(plan: FleetPlan, flags: PlanFlags): string {
  const { bottleneck } = plan;
  return [
    `${count(plan.hoursPerDay)} hours of audio a day: ${count(plan.files)} files, ${count(plan.windows)} windows; ${plan.pattern} arrivals, seed ${plan.seed}`,
    `files: lognormal, median ${spokenDuration(fileLengths.medianMs)}, sigma ${fileLengths.sigma}, ${spokenDuration(fileLengths.leastMs)} to ${spokenDuration(fileLengths.mostMs)}; MAX_CONCURRENCY ${plan.maxConcurrency}`,
    choicesLine(flags),
    "",
    `latency    ${latencies(plan.latencyMs)}`,
    bottleneck
      ? `bottleneck ${bottleneck.name}: ${count(bottleneck.limit)}, ${percent(bottleneck.utilisation)} in use on average.\n           Without it the latency were less by ${latencies(bottleneck.causesMs)}`
      : "bottleneck none: nothing that jobs share runs short",
    ...(plan.endMs > 26 * 3_600_000
      ? [`           The day's files are done after ${spokenDuration(plan.endMs)}: the service falls behind.`]
      : []),
    ...(plan.overdue > 0
      ? [
          `           ${count(plan.overdue)} files would take longer than the ${spokenDuration(longestExecutionSeconds * 1000)} that a job may take: they fail. Raise MAX_CONCURRENCY.`,
        ]
      : []),
    "",
    table(
      ["what runs short", "limit", "mean use", "peak", "waits", "waited a job"],
      plan.usages
        .filter(({ limit }) => Number.isFinite(limit))
        .map((usage) => [
          usage.name,
          count(usage.limit),
          percent(usage.utilisation),
          count(usage.peak),
          count(usage.waits),
          spokenDuration(usage.waitedMs / plan.files),
        ]),
    ),
    "",
    table(
      ["a month on AWS", "amount", "unit", "costs"],
      [
        ...plan.monthly.map(({ what, amount, unit, dollars: cost }) => [what, count(amount), unit, dollars(cost)]),
        ["all", "", "", dollars(plan.dollarsPerMonth)],
        ["an audio hour", "", "", dollars(plan.dollarsPerAudioHour)],
      ],
    ),
    "",
    pricesLine,
    speedLine,
  ].join("\n");
}

function choicesLine(choices: PlanChoices, basis = "measured"): string {
  const voice = choices.voiceModel === undefined ? "" : `, voices by ${choices.voiceModel}`;
  const note = basis === "measured" ? "" : " (times scaled from whisper-tiny by parameters, not measured)";
  return `${choices.model} ${choices.precision}${note}${voice}; ${choices.tasks.join(", ")}; ${choices.mode}; infer ${choices.memoryMB} MB`;
}

const latencies = ({ p50, p95, p99 }: Latencies) =>
  `p50 ${spokenDuration(p50)}, p95 ${spokenDuration(p95)}, p99 ${spokenDuration(p99)}`;
