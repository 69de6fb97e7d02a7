import { type Health, version } from "../../layers/core/index.ts";
import type { ModelManifest } from "../../layers/models/index.ts";
import { stateMachineArn } from "./environment.ts";
import type { LambdaHost } from "./lambda/index.ts";
import type { StatesService } from "./states/index.ts";
import { treeMemoryMiB } from "./system/index.ts";

type Parts = {
  states: Pick<StatesService, "listExecutions">;
  lambda: Pick<LambdaHost, "status">;
  model: ModelManifest | undefined;
  /** The limit of the whole service, where it has one. */
  limitMB: number | undefined;
};

/** `GET /health` by the host itself: it sees every process, and a check must not cost one. */
export async function healthReply(parts: Parts) {
  const headers = { "content-type": "application/json", "cache-control": "no-store" };
  return { statusCode: 200, headers, body: `${JSON.stringify(await healthOf(parts), null, 2)}\n` };
}

async function healthOf({ states, lambda, model, limitMB }: Parts): Promise<Health> {
  const pools = lambda.status();
  const { executions } = await states.listExecutions(stateMachineArn, { status: "RUNNING", maxResults: 1000 });
  const loaded = (["infer", "transcribe"] as const).some((name) => (pools[name]?.environments ?? 0) > 0);
  return {
    status: "ok",
    versions: { halfgig: version, node: process.versions.node },
    models: model ? [{ id: model.id, precision: model.precision, demo: model.demo, loaded }] : [],
    memory: { usedMiB: Math.round(treeMemoryMiB(process.pid)), allocationMiB: limitMB ?? null },
    queue: { running: executions.length, waiting: Object.values(pools).reduce((sum, pool) => sum + pool.queued, 0) },
  };
}
