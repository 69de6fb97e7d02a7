import { afterAll, beforeAll, describe, it } from "vitest";
import { Lab } from "./lab.ts";
import type { Section } from "./row.ts";

/** Runs tables of rows through one embedded host, a healthy job beside every fourth, and prints the figures at the end. */
export function runSections(
  sections: readonly Section[],
  { slow, settings = {} }: { slow: boolean; settings?: Record<string, string> },
) {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.open(settings);
  });
  afterAll(async () => {
    console.log(`\n${lab?.tally}\n`);
    await lab?.[Symbol.asyncDispose]();
  });
  for (const { title, rows } of sections) {
    const chosen = rows.filter((row) => slow || !row.slow);
    describe(title, () => {
      it.each(chosen.map((row, at) => [row.name, row, at] as const))("%s", async (_name, row, at) => {
        await lab.run(title, row, at % 4 === 0);
      });
    });
  }
  it("leaves a host without objects, and logs without secrets", async () => {
    await lab.expectClean();
  });
}
