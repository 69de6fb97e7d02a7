import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ApiClient } from "../../cli/client.ts";
import { serve } from "../e2e/support/cli.ts";
import { repeated } from "../e2e/support/media.ts";
import { sendAndWait } from "../e2e/support/send.ts";
import { crowded, readReports } from "./reports.ts";

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-calls-test-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

it("answers fifteen hundred calls in 512 MB without a function at its limit: garbage is collected before it counts", {
  timeout: 300_000,
}, async () => {
  const host = await serve(directory, {}, ["--memory", "512"]);
  const api = new ApiClient(host.api, host.token);
  const { jobId, status } = await sendAndWait(api, await repeated(directory, 1));
  expect(status).toBe("done");
  const first = await api.transcript(jobId, "srt");
  for (let call = 0; call < 1500; call++) expect(await api.transcript(jobId, "srt")).toBe(first);
  expect(await host.kill("SIGTERM")).toBe(0);
  const reports = await readReports(join(directory, "serve"));
  expect(reports.filter(({ name }) => name === "results").length).toBeGreaterThan(1000);
  expect(crowded(reports)).toEqual([]);
  const most = new Map<string, number>();
  for (const { name, usedMB } of reports) most.set(name, Math.max(usedMB, most.get(name) ?? 0));
  console.info([...most].map(([name, usedMB]) => `${name} ${usedMB} MiB`).join(", "));
});
