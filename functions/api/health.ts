import { environmentValue, type Health, version } from "../../layers/core/index.ts";
import { runningExecutions } from "../../layers/workflow/index.ts";
import { endpoint, json } from "./http.ts";

const bytesPerMiB = 2 ** 20;
/** Whoever asks more often than this gets the same number: the endpoint is open to all. */
const countForMs = 5_000;

let counted: { atMs: number; running: Promise<number> } | undefined;

/** GET /health: that the API answers, which model it works with, and how many jobs are at work. */
export const handler = endpoint(async () => {
  if (!counted || performance.now() - counted.atMs > countForMs) {
    counted = { atMs: performance.now(), running: runningExecutions() };
    counted.running.catch(() => {
      counted = undefined;
    });
  }
  const card = JSON.parse(environmentValue("MODEL_CARD")) as { id: string; precision: string; demo: boolean } | null;
  const health: Health = {
    status: "ok",
    versions: { halfgig: version, node: process.versions.node },
    models: card ? [{ id: card.id, precision: card.precision, demo: card.demo, loaded: null }] : [],
    memory: {
      usedMiB: Math.round(process.memoryUsage.rss() / bytesPerMiB),
      allocationMiB: Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE) || null,
    },
    queue: { running: await counted.running, waiting: null },
  };
  return json(200, health);
});
