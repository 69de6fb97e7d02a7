import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { halfgig } from "./support/cli.ts";

const name = "MEMORY_MODE=lite: the demo runs with captions and without any model, below 200 MB in all processes";

// A first start, which bundles the functions, is in lite-first.test.ts.
it(name, { timeout: 180_000 }, async () => {
  const data = await mkdtemp(join(tmpdir(), "halfgig-lite-"));
  const { status, stdout } = await halfgig(["demo", "--data", data], { MEMORY_MODE: "lite" });
  await rm(data, { recursive: true });
  expect([status, stdout]).toEqual([0, expect.stringMatching(/one two three[\s\S]*seven eight nine/)]);
  expect(stdout).toMatch(/^split +1 /m);
  expect(stdout).not.toMatch(/^(infer|transcribe) /m);
  const peakMiB = Number(/the whole service took (\d+) of 200 MiB/.exec(stdout)?.[1]);
  expect(peakMiB).toBeGreaterThan(40);
  expect(peakMiB * 1.048_576).toBeLessThan(200);
});
