import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ApiClient } from "../../../cli/client.ts";
import { readSettings, voiceModelIds } from "../../../layers/core/index.ts";
import { resolveModel, resolveVoiceModel } from "../../../layers/models/index.ts";
import { LocalHost } from "../../../stacks/local/host.ts";
import type { InvocationReport } from "../../../stacks/local/lambda/index.ts";
import { bundleCache } from "../../support/bundle-cache.ts";

export type DemoHost = AsyncDisposable & {
  host: LocalHost;
  api: ApiClient;
  directory: string;
  reports: InvocationReport[];
};

/**
 * A whole embedded host with the demo model in a temporary directory, which goes with it. Hosts that are given one share
 * what was built in it, one after the other.
 */
export async function openDemoHost(environment: Record<string, string> = {}, shared?: string): Promise<DemoHost> {
  const directory = shared ?? (await mkdtemp(join(tmpdir(), "halfgig-e2e-")));
  const reports: InvocationReport[] = [];
  const model = await resolveModel({ id: "demo", modelsDirectory: join(directory, "models"), precision: "int8" });
  const settings = readSettings({ ...bundleCache(), WHISPER_MODEL: "demo", ...environment });
  const { VOICE_MODEL } = settings;
  const detector = { modelsDirectory: join(directory, "models"), precision: "int8" as const };
  const voice = VOICE_MODEL && (await resolveVoiceModel({ id: voiceModelIds[VOICE_MODEL], ...detector }));
  const host = await LocalHost.open({
    dataDirectory: join(directory, "data"),
    settings,
    model,
    voice,
    onReport: (report) => reports.push(report),
  });
  return {
    host,
    api: new ApiClient(host.url, host.accessToken),
    directory,
    reports,
    async [Symbol.asyncDispose]() {
      await host.close();
      if (shared === undefined) await rm(directory, { recursive: true, force: true });
    },
  };
}
