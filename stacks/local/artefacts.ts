import { join } from "node:path";
import type { EnvironmentName } from "../../layers/core/index.ts";
import type { Bundles } from "./bundle.ts";

/** The folder of packed functions and layers, unpacked: `functions/<name>` is a function's /var/task, `opt/<name>` its /opt. */
export type Artefacts = { unpacked: string };

/** Where a function's code is, and its environment variables. */
export type FunctionPlace = { taskRoot: string; environment: Record<string, string> };

/**
 * Puts a function where its code is. One that was packed runs from that and from nothing else: the variables in which folders stand
 * name what is unpacked, in place of the project's own.
 * @param layerPaths where layers have models below /opt, by the variables that name them
 */
export function functionPlace(
  from: Artefacts | Bundles,
  name: string,
  environment: Record<string, string>,
  layerPaths: Partial<Record<EnvironmentName, string | undefined>>,
): FunctionPlace {
  if (!("unpacked" in from)) return { taskRoot: join(from.directory, name), environment };
  const opt = join(from.unpacked, "opt", name);
  const own = { ...environment, HALFGIG_OPT: opt, NODE_PATH: join(opt, "nodejs", "node_modules") };
  for (const [variable, path] of Object.entries(layerPaths)) {
    if (own[variable as keyof typeof own] && path) Object.assign(own, { [variable]: join(opt, path) });
  }
  return { taskRoot: join(from.unpacked, "functions", name), environment: own };
}
