/**
 * Runs the end-to-end tests and lists the grants of stacks/app that nothing made use of: `npm run check:grants [-- <test paths>]`.
 * The embedded host enforces grants, so one that is missing fails a test; this finds those that are too many.
 */
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { table } from "../cli/tables.ts";
import { type GrantedAction, type GrantReport, keyOf, unusedGrants } from "../stacks/local/grant-use.ts";
import { projectRoot } from "../stacks/local/project-root.ts";
import { grantUseVariable } from "../test/support/grant-use.ts";
import { allowedUnused } from "./grants/allowed.ts";

const folder = await mkdtemp(join(tmpdir(), "halfgig-grants-"));
try {
  const paths = process.argv.length > 2 ? process.argv.slice(2) : ["test/e2e"];
  const vitest = join(projectRoot, "node_modules", "vitest", "vitest.mjs");
  const { status } = spawnSync(process.execPath, [vitest, "run", ...paths], {
    cwd: projectRoot,
    stdio: "inherit",
    env: { ...process.env, [grantUseVariable]: folder },
  });
  const kept: GrantReport[] = [];
  for (const name of await readdir(folder)) kept.push(JSON.parse(await readFile(join(folder, name), "utf8")));
  process.exitCode = report(kept, status === 0) ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** @returns whether all is well */
function report(kept: readonly GrantReport[], testsPassed: boolean): boolean {
  const used = kept.flatMap((one) => one.used);
  const granted = kept.flatMap((one) => one.granted);
  const unused = unusedGrants(granted, used);
  const reasons = new Map(allowedUnused.map((one) => [keyOf(one), one.reason]));
  const unexplained = unused.filter((one) => !reasons.has(keyOf(one)));
  const row = (one: GrantedAction) => [one.principal, one.action, one.on, reasons.get(keyOf(one)) ?? "NO REASON GIVEN"];
  console.info(table(["unused by", "action", "on", "why it stays"], unused.map(row)));
  const wanted = new Set(used.map(keyOf));
  const stale = allowedUnused.filter((one) => wanted.has(keyOf(one)));
  for (const one of stale) console.info(`used after all, take it from the list: ${keyOf(one)}`);
  const count = new Set(granted.map(keyOf)).size;
  console.info(`\n${kept.length} hosts, ${count} granted actions, ${count - unused.length} used.`);
  if (!testsPassed) console.info("Tests failed, so this may be too few.");
  return testsPassed && kept.length > 0 && unexplained.length === 0 && stale.length === 0;
}
