import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keepSchedules } from "./schedules.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const hourMs = 3600 * 1000;

describe("keepSchedules", () => {
  it.each([
    [true, 1],
    [false, 0],
  ])("sweeps every hour, and at the start of a host that has a past (%s)", (atStart, first) => {
    const invoked: string[] = [];
    const stop = keepSchedules(
      (name) => invoked.push(name),
      { atStart },
      () => undefined,
    );
    expect(invoked).toHaveLength(first);
    vi.advanceTimersByTime(2 * hourMs);
    expect(invoked).toEqual(Array(first + 2).fill("sweep"));
    stop();
    vi.advanceTimersByTime(hourMs);
    expect(invoked).toHaveLength(first + 2);
  });

  it("goes on after an event that could not be taken", () => {
    const errors: unknown[] = [];
    let refused = true;
    const taken: string[] = [];
    const stop = keepSchedules(
      (name) => {
        if (refused) throw new Error("too many wait");
        taken.push(name);
      },
      { atStart: true },
      (error) => errors.push(error),
    );
    refused = false;
    vi.advanceTimersByTime(hourMs);
    expect([errors.length, taken]).toEqual([1, ["sweep"]]);
    stop();
  });
});
