export { type AsyncInvocationOptions, AsyncInvoker } from "./async-invoker.ts";
export { type FunctionErrorBody, LambdaError, LambdaServiceException } from "./errors.ts";
export type { InvocationReport, InvokeOptions, LambdaFunction, StreamedResponse } from "./function.ts";
export { type HostDescription, LambdaHost, type LambdaHostOptions } from "./host.ts";
export { createLambdaApi, type LambdaApiOptions } from "./invoke-api.ts";
export { detectLimiter } from "./memory/index.ts";
export type { PoolStatus } from "./pool.ts";
export { processPeakRssMiB, processRssMiB, processTree, treeRssMiB } from "./process-tree.ts";
