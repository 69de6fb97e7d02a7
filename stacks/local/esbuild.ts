import type { build } from "esbuild";

/** Users of esbuild in this process; they share one process of its own. */
let users = 0;

/**
 * Lends esbuild out. Its process would stay, with all that it remembers, so it ends with the last user.
 * @param options.frugal little memory is to be enough: `memoryMiB` for what the Go runtime manages, 150 by default
 */
export async function withEsbuild<T>(
  { frugal = false, memoryMiB = 150 }: { frugal?: boolean; memoryMiB?: number | undefined },
  use: (bundle: typeof build) => Promise<T>,
): Promise<T> {
  // Read by the Go runtime in which esbuild's own process is written, when that starts.
  if (frugal) process.env.GOMEMLIMIT ??= `${memoryMiB}MiB`;
  if (frugal && memoryMiB < 100) {
    // It should not wait for twice as much as is alive, nor parse several files at once.
    process.env.GOGC ??= "25";
    process.env.GOMAXPROCS ??= "1";
  }
  const { build, stop } = await import("esbuild");
  users++;
  try {
    return await use(build);
  } finally {
    if (--users === 0) await stop();
  }
}
