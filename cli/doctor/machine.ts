import { randomUUID } from "node:crypto";
import { mkdir, rm, statfs, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { totalmem } from "node:os";
import { join } from "node:path";
import { detectLimiter } from "../../stacks/local/lambda/index.ts";
import { type Check, fail, lineOf, ok, warn } from "./check.ts";

const mebibyte = 2 ** 20;

export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > 24 || (major === 24 && minor >= 4)) return ok("Node.js", version);
  return fail("Node.js", version, "Install Node.js 24, or run npm ci, which brings it along.");
}

/** Which way of limiting memory this process can use. */
export async function checkLimiter(): Promise<Check> {
  const name = "memory limits";
  try {
    const { kind, reason } = await detectLimiter("auto", `halfgig-probe-${randomUUID().slice(0, 13)}`);
    if (kind !== "poll") return ok(name, `${kind}, ${reason}`);
    return warn(
      name,
      `by watching every 25 ms; ${reason}`,
      "Enough for most. For limits by the kernel, run as root, in a delegated scope (systemd-run --user --scope -p Delegate=yes), or in a container.",
    );
  } catch (error) {
    return fail(name, lineOf(error), "Run on Linux, or in a Linux container.");
  }
}

/** Memory of the machine, or of the container where that is less. */
export function checkMemory(inferMB: number): Check {
  const constrained = process.constrainedMemory();
  const total = Math.min(totalmem(), constrained > 0 && constrained < 2 ** 50 ? constrained : totalmem());
  const totalMiB = Math.round(total / mebibyte);
  const where = total < totalmem() ? "in this container" : "in this machine";
  const found = `${totalMiB} MiB ${where}, ${Math.round(process.availableMemory() / mebibyte)} free`;
  if (totalMiB < 400) return fail("memory", found, "The smallest that works is 400 MB: halfgig serve --memory 400.");
  if (totalMiB < inferMB + 512) {
    return warn(
      "memory",
      found,
      `Run the service in one limit: halfgig serve --memory ${Math.floor(totalMiB / 64) * 64}.`,
    );
  }
  return ok("memory", found);
}

/** Whether the data directory can be written, and how much room there is. */
export async function checkDataDirectory(path: string): Promise<Check> {
  const name = "data directory";
  const probe = join(path, `.halfgig-doctor-${process.pid}`);
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await writeFile(probe, "x");
    await rm(probe);
  } catch (error) {
    return fail(name, `${path}: ${lineOf(error)}`, "Make it writable, or choose another with --data.");
  }
  const { bavail, bsize } = await statfs(path);
  const freeMiB = Math.floor((bavail * bsize) / mebibyte);
  const found = `${path}, ${freeMiB} MiB free`;
  if (freeMiB < 512)
    return fail(name, found, "A job needs room for its file and its windows: make at least 512 MiB free.");
  if (freeMiB < 4096) return warn(name, found, "Long files want more: about the file's size and 115 MB for each hour.");
  return ok(name, found);
}

export async function checkPort(port: number, option: string): Promise<Check> {
  const name = `port ${port}`;
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
    return ok(name, "free");
  } catch (error) {
    return warn(name, lineOf(error), `Choose another for halfgig serve with ${option}, or stop what has it.`);
  } finally {
    server.close();
  }
}

/** Signatures hold for minutes and presigned addresses for an hour, so a clock that is years off breaks both elsewhere. */
export function checkClock(nowMs: number, builtMs: number): Check {
  const found = new Date(nowMs).toISOString();
  // Nothing can have been installed in the future.
  if (nowMs < builtMs - 24 * 3_600_000)
    return fail(
      "clock",
      `${found}, which is before halfgig was installed`,
      "Set the clock; AWS refuses signatures that are off by 15 minutes.",
    );
  return ok("clock", found);
}
