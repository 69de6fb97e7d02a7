import { MediaError, readSettings } from "../../layers/core/index.ts";
import { chooseAudioTrack, fileSource, probeMedia } from "../../layers/media/index.ts";
import { parseDuration, planFleet, planJob } from "../../layers/plan/index.ts";
import { type PlanFlags, parsePlanFlags, planUsage } from "../plan-flags.ts";
import { fleetReport, jobReport } from "../plan-report.ts";

/** `halfgig plan`: what a file, or a day of files, would take, without running anything. @throws UsageError */
export async function plan(argv: readonly string[]): Promise<number> {
  const flags = parsePlanFlags(argv, readSettings(process.env));
  if (flags.help) {
    process.stdout.write(planUsage);
    return 0;
  }
  if (flags.hoursPerDay !== undefined) {
    const fleet = planFleet({ ...flags, hoursPerDay: flags.hoursPerDay }, flags);
    print(flags, fleet, () => fleetReport(fleet, flags));
    return 0;
  }
  const durationMs = parseDuration(flags.what) ?? (await durationOf(flags.what));
  const job = planJob(durationMs, flags, flags.architecture);
  print(flags, job, () => jobReport(job, flags));
  return 0;
}

function print(flags: PlanFlags, data: unknown, report: () => string): void {
  process.stdout.write(flags.json ? `${JSON.stringify(data, null, 2)}\n` : `${report()}\n`);
}

/** The length of a file's audio, from its headers. */
async function durationOf(path: string): Promise<number> {
  const info = await probeMedia(await fileSource(path));
  chooseAudioTrack(info);
  if (info.durationMs !== null) return info.durationMs;
  throw new MediaError("request.invalid", `${path} does not say how long it is. Plan with a duration, such as 1h30m.`);
}
