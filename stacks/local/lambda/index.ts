import { join } from "node:path";

export { type AsyncInvocationOptions, AsyncInvoker } from "./async-invoker.ts";
export { type FunctionErrorBody, LambdaError, LambdaServiceException } from "./errors.ts";
export type { InvocationReport, InvokeOptions, LambdaFunction, StreamedResponse } from "./function.ts";
export { type HostDescription, LambdaHost, type LambdaHostOptions } from "./host.ts";
export { createLambdaApi, type LambdaApiOptions } from "./invoke-api.ts";
/** The program that speaks the Runtime API for a handler: to run it by another command. */
export const runtimeClient = join(import.meta.dirname, "runtime", "client.mjs");
export { detectLimiter } from "./memory/index.ts";
export type { PoolStatus } from "./pool.ts";
export { processPeakRssMiB, processRssMiB, processTree, treeRssMiB } from "./process-tree.ts";
