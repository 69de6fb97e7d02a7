import { join } from "node:path";
import { readSettings } from "../../layers/core/index.ts";
import { functionSpecs } from "../../stacks/app/index.ts";
import { bundleFunctions } from "../../stacks/local/bundle.ts";
import { projectRoot } from "../../stacks/local/project-root.ts";

/**
 * Before the suite: bundles the functions once. Every host that a test starts, in this process or by the command line,
 * finds them through HALFGIG_BUNDLE_CACHE; what has to be tested without a cache unsets it.
 */
export default async function setup(): Promise<void> {
  const cache = join(projectRoot, "node_modules", ".cache", "halfgig-bundles");
  process.env.HALFGIG_BUNDLE_CACHE = cache;
  await bundleFunctions(functionSpecs(readSettings({})), cache);
}

/** The cache as settings of a host that a test opens by hand. */
export function bundleCache(): Record<string, string> {
  const { HALFGIG_BUNDLE_CACHE } = process.env;
  return HALFGIG_BUNDLE_CACHE === undefined ? {} : { HALFGIG_BUNDLE_CACHE };
}
