import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../eval/index.ts";
import type { HostLives } from "./host-lives.ts";

export type FaultCounts = { functionsKilled: number; hostsKilled: number; clockJumps: number };

/** Between two faults of a kind, milliseconds. */
const pausesMs = { function: [1500, 6000], host: [25_000, 60_000], clock: [8_000, 20_000] } as const;
/** How far the clock may be off. */
const farthestMs = 30 * 60_000;

/**
 * Kills functions and the host and sets the clocks, until the signal says so. Each kind has dice of its own: how long one of them takes does not
 * change the others.
 */
export async function injectFaults(
  lives: HostLives,
  {
    clockFile,
    random,
    signal,
    hostSoon = false,
  }: {
    clockFile: string;
    random: (name: string) => Random;
    signal: AbortSignal;
    /** The first kill of the host comes within seconds: for a short run. */
    hostSoon?: boolean;
  },
): Promise<FaultCounts> {
  const counts: FaultCounts = { functionsKilled: 0, hostsKilled: 0, clockJumps: 0 };
  /** While the host is between two lives, nobody else acts. */
  let between = false;
  const every = async (kind: keyof typeof pausesMs, act: (dice: Random) => Promise<void>) => {
    const dice = random(kind);
    for (let first = true; !signal.aborted; first = false) {
      const [from, to] = kind === "host" && hostSoon && first ? [6_000, 8_000] : pausesMs[kind];
      await sleep(dice.uniform(from, to), undefined, { signal }).catch(() => undefined);
      if (!signal.aborted && !between) await act(dice);
    }
  };
  await Promise.all([
    every("function", async (dice) => {
      if (lives.killFunction((pids) => dice.choice(pids))) counts.functionsKilled++;
    }),
    every("host", async () => {
      between = true;
      await lives.kill();
      counts.hostsKilled++;
      await lives.start();
      between = false;
    }),
    every("clock", async (dice) => {
      await writeFile(clockFile, String(Math.round(dice.uniform(-farthestMs, farthestMs))));
      counts.clockJumps++;
    }),
  ]);
  return counts;
}
