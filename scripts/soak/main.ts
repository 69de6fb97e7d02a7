/**
 * Jobs of every kind while all around them fails: `npm run soak -- --minutes 30 [--seed n]`. Functions and the host are killed, S3 refuses, stalls
 * and breaks off, the clock jumps. Ends with 1 where anything was lost, left behind or shown to the wrong tenant.
 */
import { parseArgs } from "node:util";
import { printReport } from "./report.ts";
import { runSoak } from "./run.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1e9)) },
    senders: { type: "string", default: "4" },
  },
});
const minutes = Number(values.minutes);
const senders = Number(values.senders);
if (!(minutes > 0) || !(Number.isInteger(senders) && senders > 0)) {
  console.error("npm run soak -- [--minutes N] [--seed TEXT] [--senders N]");
  process.exit(2);
}
// The host ends with this program, whoever ends that.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
const report = await runSoak({ seconds: minutes * 60, seed: values.seed, senders, say: console.log });
console.log(printReport(report));
process.exit(report.violations.length === 0 ? 0 : 1);
