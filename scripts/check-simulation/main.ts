/**
 * `npm run check:simulation`: runs real jobs on the embedded host with the demo model and two windows at once, simulates the same
 * arrivals with the service times of that run, and fails where the simulation is off by more than 15 %.
 *
 * The workflow's own time for a state is fitted on jobs that run alone; what is judged is the crowd that follows, whose waiting
 * and overlap the fit has not seen.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Arrival, latenciesOf, type System, simulate } from "../../layers/plan/index.ts";
import { openDemoHost } from "../../test/e2e/support/demo-host.ts";
import { repeated } from "../../test/e2e/support/media.ts";
import { Random } from "../eval/index.ts";
import { type MeasuredJob, mean, runJob, type ServiceTime, serviceTimes } from "./measure.ts";

const concurrency = 2;
const tolerance = 0.15;
const alone = 4;
const crowd = 14;
const meanGapMs = 1_600;
/** Times that the fifteen seconds of the bundled video are repeated. */
const repeats = [4, 8, 16];

type Times = {
  alone: Map<string, ServiceTime>;
  crowd: Map<string, ServiceTime>;
  crowdFromMs: number;
  sent: { alone: number; crowd: number };
};

function embedded(times: Times, transitionMs: number, windowsAtOnce: number): System {
  const most = Number.POSITIVE_INFINITY;
  const endless = { perSecond: 1e12, bucket: 1e12 };
  return {
    cost(name, file) {
      const inCrowd = file.atMs >= times.crowdFromMs;
      const time = (inCrowd ? times.crowd : times.alone).get(name) ?? times.alone.get(name);
      // The client's way to S3 stands where a request to presign would.
      const ms = name === "presign" ? times.sent[inCrowd ? "crowd" : "alone"] : (time?.ms ?? 0);
      return { ms, coldMs: name === "presign" ? 0 : (time?.coldMs ?? 0), reads: 0, writes: 0 };
    },
    concurrency: (name) => (name === "infer" ? windowsAtOnce : 10),
    maxConcurrency: windowsAtOnce,
    ...{ accountConcurrency: most, scalingPerTenSeconds: 1e12, idleMs: 60_000, transitionMs, startMs: 0 },
    ...{ starts: endless, transitions: endless, openMapRuns: most, openExecutions: most, api: endless },
    s3: { readsPerSecond: 1e12, writesPerSecond: 1e12 },
    pollMs: 250,
  };
}

const directory = await mkdtemp(join(tmpdir(), "halfgig-simulation-"));
try {
  const files = await Promise.all(
    repeats.map(async (times) => ({ path: await repeated(directory, times), durationMs: times * 15_040 })),
  );
  await using host = await openDemoHost({ MAX_CONCURRENCY: String(concurrency) });
  const random = new Random("check:simulation");
  const zeroMs = Date.now();
  const measured: MeasuredJob[] = [];
  for (let n = 0; n < alone; n++) measured.push(await runJob(host, files[n % files.length]!, zeroMs));
  const aloneReports = host.reports.splice(0);
  const crowdFromMs = Date.now() - zeroMs;
  const running: Promise<MeasuredJob>[] = [];
  for (let n = 0; n < crowd; n++) {
    running.push(runJob(host, random.choice(files), zeroMs));
    await sleep(-meanGapMs * Math.log(1 - random.next()));
  }
  const crowdJobs = await Promise.all(running);
  measured.push(...crowdJobs);

  const times: Times = {
    alone: serviceTimes(aloneReports),
    crowd: serviceTimes(host.reports),
    crowdFromMs,
    sent: {
      alone: mean(measured.slice(0, alone).map((job) => job.sentMs)),
      crowd: mean(crowdJobs.map((job) => job.sentMs)),
    },
  };
  const arrivals: Arrival[] = measured.map(({ arrival }) => arrival);
  const latenciesWith = (transitionMs: number, windowsAtOnce = concurrency) =>
    simulate(arrivals, embedded(times, transitionMs, windowsAtOnce)).latenciesMs;
  const transitionMs = calibrate(mean(measured.slice(1, alone).map((job) => job.latencyMs)), (ms) =>
    mean(latenciesWith(ms).slice(1, alone)),
  );
  report(crowdJobs, arrivals.slice(alone), (windowsAtOnce) => latenciesWith(transitionMs, windowsAtOnce).slice(alone), {
    ...{ times, transitionMs },
  });
} finally {
  await rm(directory, { recursive: true, force: true });
}

/** The time for a state at which jobs that ran alone take as long as they did. The first of them is left out: it starts everything. */
function calibrate(wantedMs: number, at: (ms: number) => number): number {
  let [low, high] = [0, 2_000];
  for (let n = 0; n < 40; n++) {
    const middle = (low + high) / 2;
    if (at(middle) < wantedMs) low = middle;
    else high = middle;
  }
  return low;
}

function report(
  jobs: readonly MeasuredJob[],
  arrivals: readonly Arrival[],
  simulated: (windowsAtOnce?: number) => number[],
  found: { times: Times; transitionMs: number },
): void {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const figures = (latenciesMs: number[]) => {
    const ends = latenciesMs.map((latencyMs, index) => (arrivals[index]?.atMs ?? 0) + latencyMs);
    const makespan = Math.max(...ends) - Math.min(...arrivals.map(({ atMs }) => atMs));
    return { mean: mean(latenciesMs), ...latenciesOf({ latenciesMs }), makespan };
  };
  const real = figures(jobs.map(({ latencyMs }) => latencyMs));
  const model = figures(simulated());
  say(
    `${jobs.length} jobs of 1 to 4 minutes, ${arrivals.reduce((sum, { windows }) => sum + windows, 0)} windows, one every ${meanGapMs} ms, ${concurrency} windows at once`,
  );
  for (const [name, { ms, coldMs }] of found.times.crowd)
    say(`  ${name}: ${ms.toFixed(0)} ms a call, ${coldMs.toFixed(0)} ms to start`);
  say(`  a state of the workflow: ${found.transitionMs.toFixed(1)} ms (fitted on jobs that ran alone)`);
  const line = (name: string, f: ReturnType<typeof figures>) =>
    say(
      `${name.padEnd(28)} mean ${(f.mean / 1000).toFixed(2)} s, p50 ${(f.p50 / 1000).toFixed(2)} s, p95 ${(f.p95 / 1000).toFixed(2)} s; all done after ${(f.makespan / 1000).toFixed(2)} s`,
    );
  line("embedded host", real);
  line("simulation", model);
  line("(simulation, 1 at once)", figures(simulated(1)));
  line("(simulation, 8 at once)", figures(simulated(8)));
  const off = (key: "mean" | "makespan") => model[key] / real[key] - 1;
  say(
    `off by ${(100 * off("mean")).toFixed(1)} % in the mean latency and ${(100 * off("makespan")).toFixed(1)} % in the time of all; at most ${100 * tolerance} % is right`,
  );
  if (Math.abs(off("mean")) > tolerance || Math.abs(off("makespan")) > tolerance) process.exitCode = 1;
}
