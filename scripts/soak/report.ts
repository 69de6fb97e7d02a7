import { table } from "../../cli/tables.ts";
import type { SoakReport } from "./run.ts";

/** The report for people. */
export function printReport({ sent, ends, faults, proxy, unheardRecords, lives, violations }: SoakReport): string {
  const kinds = [...ends.counts]
    .sort()
    .flatMap(([kind, counts]) => [...counts].map(([how, n]) => [kind, how, n] as const));
  const { functionsKilled, hostsKilled, clockJumps } = faults;
  const injected = [
    ["functions killed", functionsKilled],
    ["hosts killed", hostsKilled],
    ["clock jumps", clockJumps],
    ...Object.entries(proxy.counts).map(([name, n]) => [`S3 ${name}`, n] as const),
    ["uploads begun unheard", proxy.unheardUploads],
    ["S3 requests in all", proxy.requests],
  ] as const;
  const peak = Math.max(...lives.flatMap(({ rssMiB }) => rssMiB));
  const inUse = Math.max(0, ...lives.flatMap(({ inUseMiB }) => inUseMiB));
  return [
    table(["jobs", "ended", "count"], kinds),
    "",
    table(["fault", "count"], injected),
    "",
    `jobs ${sent.length}, repaired by a retry ${ends.repaired}, of senders who never heard of them ${ends.unclaimed}`,
    `records of jobs that were made half-way and nobody knows of ${unheardRecords}`,
    `leaks of other tenants' data ${ends.leaks}`,
    `lives of the host ${lives.length}, peak memory ${peak.toFixed(0)} MiB, in use after a collection ${inUse.toFixed(0)} MiB at most`,
    ...violations.map((violation) => `✗ ${violation}`),
    violations.length === 0 ? "✓ every invariant held" : `✗ ${violations.length} violations`,
  ].join("\n");
}
