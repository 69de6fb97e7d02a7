import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ffmpegPath } from "../../layers/media/index.ts";
import { projectRoot } from "../../stacks/local/project-root.ts";
import type { Scenario } from "./run.ts";

const run = promisify(execFile);
const sample = join(projectRoot, "samples", "digits.mp4");

/** Three words in two seconds, as small as a job gets; for uploads in parts the same with a box of nothing behind it, one byte longer than a part. */
export async function makeFiles(folder: string): Promise<Record<Scenario, string>> {
  const put = join(folder, "short.mp4");
  await run(ffmpegPath(), ["-nostdin", "-v", "error", "-y", "-t", "2.4", "-i", sample, "-vn", "-c:a", "copy", put]);
  const parts = join(folder, "parts.mp4");
  // ISO/IEC 14496-12, 8.1.2: a box "free" may be anywhere and is skipped.
  const media = await readFile(put);
  const box = Buffer.alloc(5 * 1024 * 1024 + 1 - media.length);
  box.writeUInt32BE(box.length, 0);
  box.write("free", 4, "latin1");
  await writeFile(parts, Buffer.concat([media, box]));
  return { put, parts, address: put };
}
