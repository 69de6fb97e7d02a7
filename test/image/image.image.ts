import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { ApiClient } from "../../cli/client.ts";
import { projectRoot } from "../../stacks/local/project-root.ts";
import { sample } from "../e2e/support/media.ts";
import { send } from "../e2e/support/send.ts";
import { SystemPeak } from "../memory/system.ts";
import { assemble, sizeBytes } from "./dockerfile.ts";

const folder = await mkdtemp(join(tmpdir(), "halfgig-image-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

it("the image's files, made by the Dockerfile's own steps, serve and transcribe inside 512 MB", async () => {
  const { stage, command } = await assemble(projectRoot, folder);
  const app = join(stage.root, stage.workdir);
  const files = (await readdir(app, { recursive: true })).filter((path) => !path.startsWith("node_modules"));
  expect(files.filter((path) => path.endsWith(".test.ts"))).toEqual([]);
  for (const package_ of ["typescript", "vitest", "sst", "playwright-core"])
    expect(existsSync(join(app, "node_modules", package_)), package_).toBe(false);
  const runtimes = join(app, "node_modules", "onnxruntime-node", "bin", "napi-v6");
  const kept = (await readdir(runtimes, { recursive: true })).filter((path) => path.endsWith(".node"));
  expect(kept.map((path) => path.split("/").slice(0, 2).join("-"))).toEqual([`${process.platform}-${process.arch}`]);
  console.info(`image: ${Math.round((await sizeBytes(app)) / 1e6)} MB besides its base`);

  expect(command).toEqual(["node", "cli/halfgig.js", "serve", "--memory", "512"]);
  const environment = { ...stage.environment, XDG_DATA_HOME: join(stage.root, "data"), PATH: process.env.PATH ?? "" };
  const args = [...command.slice(1), "--model", "demo", "--port", "0", "--s3-port", "0"];
  const child = spawn(process.execPath, args, { cwd: app, env: environment });
  let output = "";
  const ready = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (output.includes("ready;")) ready.resolve();
    });
  }
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  void ended.then((status) => ready.reject(new Error(`it ended with ${status}: ${output}`)));
  await ready.promise;
  using peak = new SystemPeak(child.pid ?? 0);
  const find = (pattern: RegExp) => pattern.exec(output)?.[1] ?? "";
  const url = find(/^API +(\S+)$/m);
  // What the Dockerfile's HEALTHCHECK asks.
  expect((await fetch(`${url}/health`)).status).toBe(200);
  // The page is built from what the image has.
  expect(await (await fetch(url)).text()).toContain('src="/assets/page-');
  const api = new ApiClient(url, find(/^access token +(\S+)$/m));
  const job = await api.wait(await send(api, sample.english), () => undefined);
  expect(job.error?.message ?? job.status).toBe("done");
  expect(await api.transcript(job.jobId, "txt")).toContain("one two three");
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
  console.info(`image: peak ${peak.peakMiB.toFixed(0)} of 512 MiB`);
  expect(peak.peakMiB).toBeLessThan(0.9 * 512);
});
