type Line = { section: string; tried: number; refused: number; done: number; partial: number; canaries: number };

/** What was tried and what came of it: the figures of docs/RELIABILITY.md. */
export class Tally {
  readonly #lines = new Map<string, Line>();
  readonly #codes = new Map<string, number>();
  readonly #peaks = new Map<string, { rssMiB: number; memoryMB: number }>();
  #orphans = 0;

  count(section: string, outcome: "done" | "partial" | "canaries" | { code: string }): void {
    const line = this.#lines.get(section) ?? { section, tried: 0, refused: 0, done: 0, partial: 0, canaries: 0 };
    this.#lines.set(section, line);
    if (outcome === "canaries") {
      line.canaries += 1;
      return;
    }
    line.tried += 1;
    if (typeof outcome === "string") line[outcome] += 1;
    else {
      line.refused += 1;
      this.#codes.set(outcome.code, (this.#codes.get(outcome.code) ?? 0) + 1);
    }
  }

  peak(functionName: string, rssMiB: number, memoryMB: number): void {
    const before = this.#peaks.get(functionName);
    if (!before || before.rssMiB < rssMiB) this.#peaks.set(functionName, { rssMiB, memoryMB });
  }

  orphans(count: number): void {
    this.#orphans += count;
  }

  /** A table for people. */
  toString(): string {
    const columns = ["section", "tried", "refused", "done", "partial", "canaries"] as const;
    const rows = [...this.#lines.values()].map((line) => columns.map((column) => String(line[column])));
    const totals = columns
      .slice(1)
      .map((column) => String([...this.#lines.values()].reduce((sum, line) => sum + Number(line[column]), 0)));
    const table = [[...columns], ...rows, ["all", ...totals]];
    const widths = columns.map((_, at) => Math.max(...table.map((row) => row[at]?.length ?? 0)));
    const text = table.map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join("  ")
        .trimEnd(),
    );
    const codes = [...this.#codes].sort(([, a], [, b]) => b - a).map(([code, count]) => `${code} ${count}`);
    const peaks = [...this.#peaks].map(
      ([name, { rssMiB, memoryMB }]) => `${name} ${Math.ceil(rssMiB)}/${memoryMB} MiB`,
    );
    return [
      ...text,
      `refused as: ${codes.join(", ")}`,
      `peak memory: ${peaks.join(", ")}`,
      `orphans: ${this.#orphans}`,
    ].join("\n");
  }
}
