import type { build } from "esbuild";

/** Users of esbuild in this process; they share one process of its own. */
let users = 0;

/**
 * Lends esbuild out. Its process would stay, with all that it remembers, so it ends with the last user.
 * @param options.frugal 150 MiB are to be enough
 */
export async function withEsbuild<T>(
  { frugal = false }: { frugal?: boolean },
  use: (bundle: typeof build) => Promise<T>,
): Promise<T> {
  // Read by the Go runtime in which esbuild's own process is written, when that starts.
  if (frugal) process.env.GOMEMLIMIT ??= "150MiB";
  const { build, stop } = await import("esbuild");
  users++;
  try {
    return await use(build);
  } finally {
    if (--users === 0) await stop();
  }
}
