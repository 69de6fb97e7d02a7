import { MediaError, type Settings } from "../../../layers/core/index.ts";
import type { FunctionSpec } from "../../app/index.ts";

/** How one memory limit is shared out among the host and its functions. MB as Lambda counts them, 2^20 bytes. */
export type SystemSizing = {
  limitMB: number;
  /** For the functions that run models; each environment gets as much. */
  inferMB: number;
  /** Windows in flight. */
  concurrency: number;
  /** How long an environment that waits for calls may keep its memory. */
  idleMs: number;
  /** Memory that the environments of a room share. */
  rooms: Readonly<Record<Room, number>>;
  /** All functions share the room `api`, but for those that wait for the authorizer: they take theirs in `gate`. */
  oneRoom?: boolean;
};

/**
 * Who shares memory with whom. A request that is answered by waiting for a model holds a place in `api` and takes one in `work`, one
 * that asks who its caller is takes one in `gate`, never two of the same room: so nobody waits for room that those who wait in front
 * of him hold.
 */
export type Room = "api" | "gate" | "work";

/**
 * Of the limit; the rest is for what the kernel counts besides: page tables and sockets. Nobody is at the edge of his share all
 * of the time: an hour of video peaks below nine tenths of the limit (`npm run test:memory`).
 */
const usableShare = 0.97;
/** The host's own at work. It takes more while it receives an upload, when the functions of that file's job do not run yet. */
const hostMB = 112;
/** An API function: measured up to 121 MiB after five thousand calls, of which the node binary's pages are in memory once, see `sharedMB`. */
const apiMB = 136;
/** Who says whose request it is, for one request after the other: measured 88 to 91 MiB. */
const gateMB = 112;
/** A step without a model, with its ffmpeg: measured up to 142 MiB. */
const stepMB = 192;
/** The step that finds voices, with onnxruntime and Silero (47 MiB) beside its ffmpeg. */
const listeningStepMB = 240;
/**
 * The heap of a function without a model. V8 collects when its limit comes near, and Lambda's nine tenths of an allocation this small
 * leave no room for what is not heap: after a thousand calls a function was ended for memory that it did not need.
 */
const heapMB = 40;
/** Resident in every node process, and in memory once. */
const sharedMB = 44;
/** The smallest allocation in which the smallest real model recognises a window. */
const leastInferMB = 256;
/** More than this does not make a model faster on its own. */
const mostInferMB = 512;

/** @throws MediaError `memory.plan_does_not_fit` where host, API and the smallest real model do not fit */
export function systemSizing(limitMB: number, { MAX_CONCURRENCY }: Pick<Settings, "MAX_CONCURRENCY">): SystemSizing {
  const usableMB = Math.floor(limitMB * usableShare);
  // Two API functions at once where that does not cost the model its room.
  const apiEnvironments = limitMB >= 768 ? 2 : 1;
  const apiOwnMB = apiEnvironments * (apiMB - sharedMB);
  const gateOwnMB = gateMB - sharedMB;
  const workOwnMB = usableMB - hostMB - apiOwnMB - gateOwnMB;
  if (workOwnMB < leastInferMB - sharedMB) {
    const leastMB = Math.ceil((hostMB + apiMB - sharedMB + gateOwnMB + leastInferMB - sharedMB) / usableShare);
    throw new MediaError(
      "memory.plan_does_not_fit",
      `The whole service does not fit into ${limitMB} MB; the least is ${leastMB}. Give it more with --memory.`,
      { context: { limitMB, leastMB } },
    );
  }
  const wantedOwnMB = mostInferMB - sharedMB;
  const concurrency = Math.max(1, Math.min(MAX_CONCURRENCY, Math.floor(workOwnMB / wantedOwnMB)));
  const inferMB = Math.min(mostInferMB, Math.floor(workOwnMB / concurrency) + sharedMB);
  return {
    limitMB,
    inferMB,
    concurrency,
    idleMs: 15_000,
    rooms: { api: apiEnvironments * apiMB, gate: gateMB, work: Math.max(concurrency * inferMB, stepMB) },
  };
}

/** Where no model runs at all (MEMORY_MODE=lite): one function at a time beside the host, but for those that ask who their caller is. */
export const liteSizing: SystemSizing = {
  limitMB: 200,
  inferMB: stepMB,
  // Measured: 175 MiB in all, with the host that waits for it.
  concurrency: 1,
  idleMs: 5_000,
  rooms: { api: stepMB, gate: apiMB, work: stepMB },
  oneRoom: true,
};

/** A function's share: allocation, the room it is taken from, and how many may run at once. */
export function shareOf(
  spec: FunctionSpec,
  sizing: SystemSizing,
): { memoryMB: number; heapMB?: number; room: Room; concurrency: number } {
  const runsModels = spec.layers.some((name) => name === "models" || name === "embedding");
  const listens = !runsModels && spec.layers.includes("silero");
  const isGate = spec.entry === "functions/api/authorize.ts";
  const isApi = !runsModels && !spec.entry.startsWith("functions/workflow/");
  const asksGate = spec.grants.some((grant) => "function" in grant && grant.function === "authorize");
  const inGate = sizing.oneRoom ? asksGate : isGate;
  const room: Room = inGate ? "gate" : isApi || sizing.oneRoom ? "api" : "work";
  const needMB = isGate ? gateMB : runsModels ? sizing.inferMB : isApi ? apiMB : listens ? listeningStepMB : stepMB;
  const memoryMB = Math.min(spec.memoryMB, sizing.oneRoom ? sizing.rooms[room] : needMB);
  const most = spec.concurrency === "windows" ? sizing.concurrency : spec.concurrency;
  const concurrency = Math.min(most, Math.floor(sizing.rooms[room] / memoryMB));
  return { memoryMB, ...(runsModels ? {} : { heapMB }), room, concurrency };
}
