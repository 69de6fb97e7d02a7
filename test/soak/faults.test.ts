import { expect, it } from "vitest";
import { printReport } from "../../scripts/soak/report.ts";
import { runSoak } from "../../scripts/soak/run.ts";

it("loses nothing in twenty seconds of killed functions, a killed host, failing storage and a jumping clock", async () => {
  const report = await runSoak({ seconds: 20, seed: "in the tests", senders: 3, say: () => undefined });
  console.info(printReport(report));
  expect(report.violations).toEqual([]);
  expect(report.sent.length).toBeGreaterThan(0);
  expect(report.faults.hostsKilled).toBeGreaterThan(0);
  expect(report.faults.functionsKilled).toBeGreaterThan(0);
  expect(Object.values(report.proxy.counts).reduce((sum, n) => sum + n, 0)).toBeGreaterThan(0);
}, 600_000);
