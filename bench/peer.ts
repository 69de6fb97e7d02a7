import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** The version that is measured against. */
export const transformersVersion = "4.3.1";

/** Installs packages that are measured against into a folder of their own, which may be there; none of their scripts run. */
export async function installInto(directory: string, ...packages: string[]): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "package.json"), '{"private":true}\n');
  const environment = { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" };
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  await execute("npm", ["install", ...packages, ...flags], { cwd: directory, env: environment });
}

export const installTransformers = (directory: string) =>
  installInto(directory, `@huggingface/transformers@${transformersVersion}`);
