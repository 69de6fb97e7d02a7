/**
 * Runs the end-to-end tests and lists the grants of stacks/app that nothing made use of: `npm run check:grants [-- <test paths>]`.
 * The embedded host enforces grants, so one that is missing fails a test; this finds those that are too many.
 */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { table } from "../cli/tables.ts";
import {
  type GrantedAction,
  type GrantReport,
  grantUseVariable,
  keyOf,
  readGrantReports,
  unusedGrants,
} from "../stacks/local/grant-use.ts";
import { projectRoot } from "../stacks/local/project-root.ts";
import { allowedUnused } from "./grants/allowed.ts";

/** Where tests open whole hosts; suites that repeat these ways, or are about memory and hostile bytes, are left out. */
const testsWithHosts = [
  ...["test/e2e", "test/openai", "test/security", "test/tools", "test/web/page.test.ts"],
  ...["test/openapi/client.test.ts", "stacks/local/host.test.ts"],
];

const folder = await mkdtemp(join(tmpdir(), "halfgig-grants-"));
try {
  const paths = process.argv.length > 2 ? process.argv.slice(2) : testsWithHosts;
  const vitest = join(projectRoot, "node_modules", "vitest", "vitest.mjs");
  const { status } = spawnSync(process.execPath, [vitest, "run", ...paths], {
    cwd: projectRoot,
    stdio: "inherit",
    env: { ...process.env, [grantUseVariable]: folder },
  });
  const kept = await readGrantReports(folder);
  process.exitCode = report(kept, status === 0) ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** @returns whether all is well */
function report(kept: readonly GrantReport[], testsPassed: boolean): boolean {
  const used = kept.flatMap((one) => one.used);
  const granted = kept.flatMap((one) => one.granted);
  const unused = unusedGrants(granted, used);
  const keys = new Set(used.map(keyOf));
  const isUsed = (one: GrantedAction) => keys.has(keyOf(one));
  const reasonOf = (one: GrantedAction) => allowedUnused.find(({ covers }) => covers(one, isUsed))?.reason;
  const row = (one: GrantedAction) => [one.principal, one.action, one.on, reasonOf(one) ?? "NO REASON GIVEN"];
  console.info(table(["unused by", "action", "on", "why it stays"], unused.map(row)));
  // Not "used after all": what only some course of events needs is used in some runs.
  const idle = allowedUnused.filter(({ covers }) => !granted.some((one) => covers(one, isUsed)));
  for (const { reason } of idle) console.info(`nobody is granted this any more, take it from the list: ${reason}`);
  const count = new Set(granted.map(keyOf)).size;
  console.info(`\n${kept.length} hosts, ${count} granted actions, ${count - unused.length} used.`);
  if (!testsPassed) console.info("Tests failed, so this may be too few.");
  return testsPassed && kept.length > 0 && unused.every(reasonOf) && idle.length === 0;
}
