/**
 * One life of the host under soak: a process that can be killed. Its only argument is a `HostPlan` as JSON; it says when it is ready, and
 * from then on what is in use after a collection, `in use <MiB>`: what is resident besides is V8's garbage.
 */
import { join } from "node:path";
import { readSettings } from "../../layers/core/index.ts";
import { resolveModel } from "../../layers/models/index.ts";
import { LocalHost } from "../../stacks/local/host.ts";
import { runtimeClient } from "../../stacks/local/lambda/index.ts";

export type HostPlan = {
  directory: string;
  ports: { gateway: number; s3: number };
  /** Where functions find S3: at what spoils it for them. */
  functionS3Url: string;
  /** What the clocks of the functions read; see clock.ts. */
  clockFile: string;
  /** `host:port` of the site that jobs are fetched from. */
  site: string;
};

const plan = JSON.parse(process.argv[2] ?? "") as HostPlan;
const clock = new URL(`clock.ts?file=${encodeURIComponent(plan.clockFile)}`, import.meta.url);
const host = await LocalHost.open({
  dataDirectory: join(plan.directory, "data"),
  settings: readSettings({
    WHISPER_MODEL: "demo",
    FETCH_ALLOW_HOSTS: plan.site,
    HALFGIG_BUNDLE_CACHE: process.env.HALFGIG_BUNDLE_CACHE ?? join(plan.directory, "bundles"),
  }),
  model: await resolveModel({ id: "demo", modelsDirectory: join(plan.directory, "models"), precision: "int8" }),
  ports: plan.ports,
  functionS3Url: plan.functionS3Url,
  runtimeCommand: [process.execPath, "--import", clock.href, runtimeClient],
  onNotice: (line) => console.error(line),
});
process.once("SIGTERM", async () => {
  await host.close();
  process.exit(0);
});
setInterval(() => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  console.log(`in use ${(heapUsed + external) / 1_048_576}`);
}, 10_000).unref();
console.log(`ready ${JSON.stringify({ api: host.url, token: host.accessToken, s3: host.s3Url })}`);
