import { execFile } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../../cli/client.ts";
import { ffmpegPath } from "../../layers/media/index.ts";
import { processRssMiB } from "../../stacks/local/lambda/index.ts";
import { serve } from "../e2e/support/cli.ts";
import { functionLog } from "../e2e/support/objects.ts";
import { send } from "../e2e/support/send.ts";

const gibibyte = 1024 ** 3;
const limitMiB = 200;
const sample = join(import.meta.dirname, "../../samples/digits.de.ogg");
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-gigabyte-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** A stereo 48 kHz WAV of exactly one gibibyte: 93 minutes of speech with pauses. */
async function gigabyteWav(path: string): Promise<void> {
  const dataBytes = gibibyte - 44;
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + dataBytes, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(2, 22);
  header.writeUInt32LE(48_000, 24);
  header.writeUInt32LE(48_000 * 4, 28);
  header.writeUInt16LE(4, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(dataBytes, 40);
  // Ten seconds, repeated: eight of somebody who speaks, two of silence. Sound without a voice would be in no window.
  const block = Buffer.alloc(48_000 * 4 * 10);
  const format = ["-ac", "2", "-ar", "48000", "-f", "s16le", "pipe:1"];
  const decode = ["-nostdin", "-v", "error", "-stream_loop", "-1", "-t", "8", "-i", sample, "-vn", ...format];
  const { stdout } = await promisify(execFile)(ffmpegPath(), decode, { encoding: "buffer", maxBuffer: 1 << 22 });
  stdout.copy(block, 0, 0, 48_000 * 4 * 8);
  function* bytes() {
    yield header;
    for (let left = dataBytes; left > 0; left -= block.length) yield block.subarray(0, Math.min(left, block.length));
  }
  await pipeline(Readable.from(bytes()), createWriteStream(path));
}

describe("a file of 1 GiB", () => {
  it(`goes through upload and split with the host and every function below ${limitMiB} MiB`, {
    timeout: 240_000,
  }, async () => {
    const path = join(directory, "long.wav");
    await gigabyteWav(path);
    expect((await stat(path)).size).toBe(gibibyte);
    const data = join(directory, "data");
    const host = await serve(data, { MAX_VIDEO_SIZE_MB: "2048" });
    let hostPeakMiB = 0;
    const watch = setInterval(() => {
      hostPeakMiB = Math.max(hostPeakMiB, processRssMiB(host.pid));
    }, 20);
    const api = new ApiClient(host.api, host.token);
    const jobId = await send(api, path);
    let windows = 0;
    await expect(
      api.wait(jobId, (job) => {
        if (job.status === "failed") throw new Error(`failed: ${job.error?.message}`);
        windows = job.windows ?? 0;
        if (windows > 0) throw new Error("split is done");
      }),
    ).rejects.toThrow("split is done");
    clearInterval(watch);
    await host.kill("SIGTERM");
    // 93 minutes in windows of at most ten seconds.
    expect(windows).toBeGreaterThan(550);
    expect(hostPeakMiB).toBeGreaterThan(20);
    expect(hostPeakMiB).toBeLessThan(limitMiB);
    for (const name of ["presign", "mediaUploaded", "probe", "split"]) {
      const used = [...(await functionLog(join(data, "serve"), name)).matchAll(/Max Memory Used: (\d+) MB/g)].map(
        (match) => Number(match[1]),
      );
      expect(used.length, name).toBeGreaterThan(0);
      expect(Math.max(...used), name).toBeLessThan(limitMiB);
      console.info(`${name}: ${Math.max(...used)} MiB`);
    }
    console.info(`host: ${hostPeakMiB.toFixed(0)} MiB, ${windows} windows`);
  });
});
