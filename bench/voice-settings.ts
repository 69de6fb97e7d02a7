import { seededPcm } from "../test/parity/voice-checkpoint.ts";

/** The fastest counts. */
export const voiceRuns = 5;

export const voicePcm = (windowMs: number) => seededPcm(windowMs * 16);

/** What one process reports. */
export type VoiceTimes = { windowMs: number; peakRssMiB: number };

/** Processor time, which others on the machine disturb less than wall time: with one thread it is the wall time of a quiet machine. */
export function processorMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}
