import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheDirectory } from "../../real-models/index.ts";

const run = promisify(execFile);
const requirements = join(import.meta.dirname, "requirements.txt");

/**
 * A Python with faster-whisper: the one that HALFGIG_EVAL_PYTHON names, else of a virtual environment that is made in the cache.
 * @returns undefined where it cannot be made; why, it says on stderr
 */
export async function peerPython(): Promise<string | undefined> {
  const named = process.env.HALFGIG_EVAL_PYTHON;
  if (named) return named;
  const hash = createHash("sha256").update(await readFile(requirements));
  const directory = join(cacheDirectory(), "eval-real", `python-${hash.digest("hex").slice(0, 16)}`);
  const python = join(directory, "bin", "python");
  const complete = join(directory, "complete");
  if (existsSync(complete)) return python;
  try {
    process.stderr.write("making a Python environment with faster-whisper …\n");
    // A virtual environment cannot be moved: one that is half made is told by the name that is missing from it.
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    await run(process.env.PYTHON || "python3", ["-m", "venv", directory]);
    const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements];
    await run(python, install, { maxBuffer: 2 ** 24 });
    await mkdir(complete);
    return python;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    process.stderr.write(`no faster-whisper: ${stderr?.trim() || message}\n`);
    return undefined;
  }
}
