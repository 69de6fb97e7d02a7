import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ApiClient } from "../../cli/client.ts";
import { processRssMiB, processTree } from "../../stacks/local/lambda/index.ts";
import { serve } from "../e2e/support/cli.ts";
import { sparseFile, uploadWithCuts } from "./resume.ts";

const sizeBytes = 5 * 2 ** 30;
const mostMiB = 200;

it(`5 GiB in parts, cut off three times, arrive whole; host and sender stay below ${mostMiB} MiB`, async () => {
  const directory = await mkdtemp(join(tmpdir(), "halfgig-5g-"));
  const host = await serve(join(directory, "data"), { MAX_VIDEO_SIZE_MB: "5120" });
  const peaks = { host: 0, sender: 0 };
  const watch = setInterval(() => {
    peaks.host = Math.max(peaks.host, processRssMiB(host.pid));
    peaks.sender = Math.max(peaks.sender, process.memoryUsage.rss() / 2 ** 20);
  }, 50);
  try {
    const path = join(directory, "sparse.bin");
    await sparseFile(path, sizeBytes);
    expect((await stat(path)).size).toBe(sizeBytes);
    const api = new ApiClient(host.api, host.token);
    const started = performance.now();
    const { jobId } = await api.requestParts({ fileName: "sparse.bin", sizeBytes, options: {} });
    const { cutAtBytes } = await uploadWithCuts(api, { jobId, path, sizeBytes }, 3);
    const seconds = (performance.now() - started) / 1000;
    // Holes are no media: the job can only say so when all of it has arrived and been looked at.
    const job = await api.wait(jobId, () => undefined);
    expect(job).toMatchObject({ object: { sizeBytes }, error: { code: "media.not_media" } });
    const gibibytes = cutAtBytes.map((bytes) => (bytes / 2 ** 30).toFixed(2)).join(", ");
    process.stdout.write(
      `5 GiB in ${seconds.toFixed(0)} s, cut off at ${gibibytes} GiB; peak RSS host ${peaks.host.toFixed(0)} MiB, sender ${peaks.sender.toFixed(0)} MiB; ${processTree(host.pid).length} processes at the end\n`,
    );
    expect(cutAtBytes).toHaveLength(3);
    expect(peaks.host).toBeLessThan(mostMiB);
  } finally {
    clearInterval(watch);
    await host.kill("SIGTERM");
    await rm(directory, { recursive: true, force: true });
  }
});
