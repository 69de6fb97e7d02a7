import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** The version that is measured against. */
export const transformersVersion = "4.3.1";

/** Installs @huggingface/transformers into a folder of its own. */
export async function installTransformers(directory: string): Promise<void> {
  await mkdir(directory);
  await writeFile(join(directory, "package.json"), '{"private":true}\n');
  const environment = { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" };
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const name = `@huggingface/transformers@${transformersVersion}`;
  await execute("npm", ["install", name, ...flags], { cwd: directory, env: environment });
}
