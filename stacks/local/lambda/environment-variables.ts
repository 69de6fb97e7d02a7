import type { LambdaFunction } from "./function.ts";

export type EnvironmentPlace = {
  runtimeApi: string;
  tmpFolder: string;
  logStream: string;
  /** Folder of the node binary, so that functions can start it too. */
  nodeFolder: string;
};

/** Lambda gives the heap nine tenths of the allocation; the kernel's limit decides about the rest. */
const heapShare = 0.9;

/**
 * The environment of a function's process: the function's own variables and those that Lambda reserves, and nothing of
 * the host's. Reserved names win, except NODE_OPTIONS and PATH: what the function says there is added to or kept.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export function environmentVariables(fn: LambdaFunction, place: EnvironmentPlace): Record<string, string> {
  const region = fn.environment.AWS_REGION ?? fn.environment.AWS_DEFAULT_REGION ?? "us-east-1";
  const heap = `--max-old-space-size=${fn.heapMB ?? Math.max(16, Math.floor(fn.memoryMB * heapShare))}`;
  // A young generation is three semi-spaces, and V8 fills them before it collects.
  const semiSpace = fn.heapMB === undefined ? undefined : "--max-semi-space-size=1";
  return {
    PATH: `${place.nodeFolder}:/usr/local/bin:/usr/bin:/bin`,
    ...fn.environment,
    NODE_OPTIONS: [heap, semiSpace, fn.environment.NODE_OPTIONS].filter(Boolean).join(" "),
    AWS_LAMBDA_FUNCTION_NAME: fn.name,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(fn.memoryMB),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${fn.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: place.logStream,
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_RUNTIME_API: place.runtimeApi,
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    LAMBDA_TASK_ROOT: fn.taskRoot,
    LAMBDA_RUNTIME_DIR: import.meta.dirname,
    _HANDLER: fn.handler,
    TZ: ":UTC",
    LANG: "en_US.UTF-8",
    HOME: place.tmpFolder,
    TMPDIR: place.tmpFolder,
  };
}
