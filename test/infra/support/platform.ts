import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { installPlatform, platformInstalled } from "../../../scripts/sst-install.ts";

/**
 * Makes sure that SST's platform is there, which takes half a minute and the npm registry once.
 * @returns why it is not, where the registry cannot be reached
 * @throws Error when it can, and installing failed all the same
 */
export async function whyNoPlatform(): Promise<string | undefined> {
  if (await platformInstalled()) return undefined;
  const reachable = await promisify(execFile)("npm", ["ping"], { timeout: 20_000 }).then(
    () => true,
    () => false,
  );
  if (!reachable) return "SST's platform is not installed and the npm registry cannot be reached";
  await installPlatform();
  return undefined;
}
