import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../", import.meta.url));
const attempts = 3;
const attemptMs = 300_000;

/**
 * Puts SST's components, and Pulumi with its AWS provider's types, into .sst/platform: what `sst deploy` does first.
 * It needs the npm registry and nothing of AWS. What is there already is left alone.
 * @returns false when it was there
 * @throws Error that says what failed
 */
export async function installPlatform(): Promise<boolean> {
  if (await platformInstalled()) return false;
  let failure = "";
  for (let attempt = 1; attempt <= attempts; attempt++) {
    // Half of an installation looks like a whole one to SST.
    await rm(join(root, ".sst/platform"), { recursive: true, force: true });
    const problem = await install();
    if (problem === undefined && (await platformInstalled())) return true;
    failure = problem ?? "it ended without leaving a usable .sst/platform";
    if (attempt < attempts) await pause(attempt * 2000);
  }
  throw new Error(
    `SST's platform could not be installed in ${attempts} attempts: ${failure}\nIt comes from the npm registry (npm config get registry). Try again with: npm run sst:install`,
  );
}

async function install(): Promise<string | undefined> {
  const env = { ...process.env, SST_SKIP_DEPENDENCY_CHECK: "1", SST_NO_BUN: "1", SST_TELEMETRY_DISABLED: "1" };
  const sst = join(root, "node_modules/.bin/sst");
  const options = { cwd: root, env, timeout: attemptMs, killSignal: "SIGKILL" as const };
  return promisify(execFile)(sst, ["install", "--stage", "ci"], options).then(
    () => undefined,
    (error: Error & { stdout?: string; stderr?: string }) =>
      [error.message, error.stdout, error.stderr].filter(Boolean).join("\n").slice(-2000),
  );
}

/** True for the platform of the SST that package.json pins, with the provider's package in it. */
export async function platformInstalled(): Promise<boolean> {
  const text = (path: string) => readFile(join(root, path), "utf8").catch(() => "");
  const wanted = JSON.parse(await text("node_modules/sst/package.json")) as { version: string };
  const has = (path: string) => existsSync(join(root, ".sst/platform", path));
  return (
    (await text(".sst/platform/version")).trim() === wanted.version &&
    existsSync(join(root, ".sst/provider-lock.json")) &&
    has("config.d.ts") &&
    has("node_modules/@pulumi/aws/package.json") &&
    has("node_modules/@pulumi/pulumi/package.json")
  );
}

if (import.meta.main) {
  const installed = await installPlatform().catch((error: Error) => {
    console.error(error.message);
    process.exit(1);
  });
  console.log(installed ? "SST's platform is in .sst/platform." : "SST's platform is there already.");
}
