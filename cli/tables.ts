import type { Ledger } from "../layers/transcript/index.ts";
import type { FunctionTotals } from "./tally.ts";

/** Plain-text columns; numbers to the right. */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [header, ...rows.map((row) => row.map(String))];
  const widths = header.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
  const numeric = header.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === "number"));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (numeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join("  ")
      .trimEnd();
  return [line(header), widths.map((width) => "─".repeat(width)).join("  "), ...cells.slice(1).map(line)].join("\n");
}

export function functionsTable(totals: readonly FunctionTotals[]): string {
  // Shown where there is something to show: a run whose memory sufficed has neither.
  const shed = totals.some((row) => row.sheds > 0 || Object.keys(row.evictions ?? {}).length > 0);
  return table(
    [
      "function",
      "invocations",
      "cold starts",
      "failures",
      "time ms",
      "peak MiB",
      "allocation MiB",
      ...(shed ? ["sheds", "models released for"] : []),
    ],
    totals.map((row) => [
      row.functionName,
      row.invocations,
      row.coldStarts,
      row.failures,
      Math.round(row.durationMs),
      Math.round(row.peakRssMiB),
      row.memoryMB,
      ...(shed ? [row.sheds ?? 0, evictionsText(row)] : []),
    ]),
  );
}

function evictionsText({ evictions }: FunctionTotals): string {
  const parts = Object.entries(evictions ?? {}).map(([reason, count]) => `${reason} ${count}`);
  return parts.join(", ") || "–";
}

export function ledgerTable(ledgerMs: Ledger["totalsMs"]): string {
  const total = Object.values(ledgerMs).reduce((sum, ms) => sum + ms, 0);
  const row = (kind: string, ms: number) => [
    kind,
    seconds(ms),
    total === 0 ? "–" : `${((100 * ms) / total).toFixed(1)} %`,
  ];
  return table(
    ["coverage", "seconds", "share"],
    [
      row("speech", ledgerMs.speech),
      row("silence", ledgerMs.silence),
      row("other sound", ledgerMs.other),
      row("voice without text", ledgerMs.unrecognised),
      row("failed", ledgerMs.failed),
      row("all", total),
    ],
  );
}

export const seconds = (ms: number) => (ms / 1000).toFixed(2);
