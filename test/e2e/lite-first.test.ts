import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { SystemPeak } from "../memory/system.ts";
import { halfgig } from "./support/cli.ts";

const name =
  "MEMORY_MODE=lite: the demo runs with captions and without any model, below 200 MB in all processes, at a first start too";

// The command bundles the functions first, one after the other so as to take little memory.
it(name, { timeout: 600_000 }, async () => {
  const data = await mkdtemp(join(tmpdir(), "halfgig-lite-"));
  const environment = { MEMORY_MODE: "lite", HALFGIG_BUNDLE_CACHE: join(data, "no-bundles-yet") };
  let peak: SystemPeak | undefined;
  const { status, stdout, stderr } = await halfgig(["demo", "--data", data], environment, (pid) => {
    peak = new SystemPeak(pid);
  });
  using seen = peak;
  await rm(data, { recursive: true });
  expect([status, stdout]).toEqual([0, expect.stringMatching(/one two three[\s\S]*seven eight nine/)]);
  expect(stdout).toContain("nothing to reuse yet");
  expect(stdout).toMatch(/^split +1 /m);
  expect(stdout).not.toMatch(/^(infer|transcribe) /m);
  expect(stderr).toContain("bundling the functions, once");
  const peakMiB = Number(/the whole service took (\d+) of 200 MiB/.exec(stdout)?.[1]);
  expect(peakMiB).toBeGreaterThan(40);
  expect(peakMiB * 1.048_576).toBeLessThan(200);
  // From outside, with the bundling.
  expect(seen?.peakMiB).toBeGreaterThan(80);
  expect((seen?.peakMiB ?? 0) * 1.048_576).toBeLessThan(200);
});
