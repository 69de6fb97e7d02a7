/**
 * Preloaded into a process whose clock is to jump: `--import clock.ts?file=…`. The file holds milliseconds that are added to the clock; who
 * writes another number into it sets the clocks of all processes that read it, as a correction of the machine's clock would.
 */
import { readFileSync } from "node:fs";
import { Server } from "node:http";

const lookEveryMs = 10;
const file = new URL(import.meta.url).searchParams.get("file") ?? "";
const RealDate = Date;
let offsetMs = 0;
let lookedMs = Number.NEGATIVE_INFINITY;

function now(): number {
  if (performance.now() - lookedMs > lookEveryMs) {
    lookedMs = performance.now();
    try {
      offsetMs = Number(readFileSync(file, "utf8")) || 0;
    } catch {
      // Being written anew: the offset stays what it was.
    }
  }
  return realNow() + offsetMs;
}

const realNow = Date.now.bind(Date);

class JumpingDate extends RealDate {
  constructor(...values: [] | [number | string | Date]) {
    if (values.length === 0) super(now());
    else super(...(values as [number]));
  }

  static override now(): number {
    return now();
  }
}

globalThis.Date = JumpingDate as DateConstructor;

// Node dates replies by a clock of its own, and clients that sign their requests correct theirs by it.
const emit = Server.prototype.emit;
Server.prototype.emit = function (this: Server, event: string | symbol, ...values: unknown[]): boolean {
  const response = values[1] as { setHeader?(name: string, value: string): void } | undefined;
  if (event === "request" || event === "checkContinue") response?.setHeader?.("date", new JumpingDate().toUTCString());
  return Reflect.apply(emit, this, [event, ...values]) as boolean;
} as typeof emit;
