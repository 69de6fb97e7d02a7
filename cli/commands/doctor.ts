import { stat } from "node:fs/promises";
import { parseArgs } from "node:util";
import { readSettings } from "../../layers/core/index.ts";
import type { Check } from "../doctor/check.ts";
import { checkClock, checkDataDirectory, checkLimiter, checkMemory, checkNode, checkPort } from "../doctor/machine.ts";
import { checkFfmpeg, checkModels, checkYtDlp, settingsCheck } from "../doctor/tools.ts";
import { exitStatus } from "../exit-status.ts";
import { modelsDirectory } from "../models-directory.ts";
import { defaultDataDirectory, UsageError } from "../options.ts";
import { table } from "../tables.ts";

/** `halfgig doctor`: what this machine has and lacks, and what to do about it. Status 1 where something must be done. @throws UsageError */
export async function doctor(argv: readonly string[]): Promise<number> {
  const flags = parse(argv);
  const checks = await examine(flags.data ?? defaultDataDirectory(process.env));
  if (flags.json) process.stdout.write(`${JSON.stringify(checks, null, 2)}\n`);
  else process.stdout.write(`${report(checks)}\n`);
  return checks.some(({ state }) => state === "fail") ? exitStatus.failed : exitStatus.done;
}

async function examine(dataDirectory: string): Promise<Check[]> {
  const { check, settings } = settingsCheck(() => readSettings(process.env));
  const installed = await stat(new URL("../../package.json", import.meta.url));
  return [
    checkNode(process.versions.node),
    check,
    await checkLimiter(),
    checkMemory(settings?.HALFGIG_INFER_MEMORY ?? 512),
    await checkDataDirectory(dataDirectory),
    ...(await checkFfmpeg(process.env)),
    ...(settings ? await checkModels(settings, modelsDirectory(settings, dataDirectory)) : []),
    await checkYtDlp(process.env.YT_DLP_PATH || undefined),
    await checkPort(8765, "--port"),
    await checkPort(8766, "--s3-port"),
    checkClock(Date.now(), installed.mtimeMs),
  ];
}

function report(checks: readonly Check[]): string {
  const rows = checks.map(({ name, state, found }) => [state, name, found]);
  const todo = checks.filter(({ advice }) => advice !== undefined).map(({ name, advice }) => `${name}: ${advice}`);
  const wrong = checks.filter(({ state }) => state === "fail").length;
  const end = wrong > 0 ? `${wrong} to be put right before halfgig works.` : "halfgig works here.";
  return [table(["state", "what", "found"], rows), ...(todo.length > 0 ? ["", ...todo] : []), "", end].join("\n");
}

function parse(argv: readonly string[]): { json: boolean; data: string | undefined } {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { json: { type: "boolean", default: false }, data: { type: "string" } },
    });
    return { json: values.json, data: values.data };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
