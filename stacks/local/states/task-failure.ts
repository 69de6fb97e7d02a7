import { StatesError } from "./errors.ts";

type LambdaError = { errorType?: unknown; errorMessage?: unknown; trace?: unknown; name?: unknown; message?: unknown };

/**
 * The Error and Cause that Step Functions gives to what a Lambda function failed with: Error is the `errorType`, Cause
 * the JSON of `errorType`, `errorMessage` and `trace`. When the runtime itself died (`Runtime.ExitError`,
 * `Runtime.OutOfMemory`) there is no trace, and Cause is the plain text.
 */
export function lambdaFailure(thrown: unknown): StatesError {
  const error: LambdaError = typeof thrown === "object" && thrown !== null ? thrown : { message: String(thrown) };
  const errorType = text(error.errorType) ?? text(error.name) ?? "Error";
  const errorMessage = text(error.errorMessage) ?? text(error.message) ?? "";
  const { trace } = error;
  if (errorType.startsWith("Runtime.") && trace === undefined) {
    return new StatesError(errorType, errorMessage, { cause: thrown });
  }
  const cause = JSON.stringify({ errorType, errorMessage, ...(trace === undefined ? {} : { trace }) });
  return new StatesError(errorType, cause, { cause: thrown });
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
