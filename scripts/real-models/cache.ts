import { homedir } from "node:os";
import { join } from "node:path";

/** What can be fetched or built again at any time, outside the checkout: XDG base directory specification. */
export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return join(environment.XDG_CACHE_HOME || join(environment.HOME || homedir(), ".cache"), "halfgig");
}
