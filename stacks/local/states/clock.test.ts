import { afterEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "./clock.ts";

afterEach(() => vi.restoreAllMocks());

describe("a pause", () => {
  it.each([
    ["back", -3_600_000],
    ["ahead", 3_600_000],
  ])("is as long as it was to be when the machine's clock is set an hour %s in the middle of it", async (_, jumpMs) => {
    const now = Date.now;
    const over = systemClock.sleep(50, new AbortController().signal);
    vi.spyOn(Date, "now").mockImplementation(() => now() + jumpMs);
    // One that follows the clock goes on for an hour, and the test for as long as tests may.
    await expect(over).resolves.toBeUndefined();
  });
});
