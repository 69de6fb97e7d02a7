import type { IncomingMessage } from "node:http";
import type { FunctionErrorBody } from "./errors.ts";

/** The error a streaming runtime reports behind the last byte of its reply. */
export function errorFromTrailers(request: IncomingMessage): FunctionErrorBody | undefined {
  const errorType = request.trailers["lambda-runtime-function-error-type"];
  if (!errorType) return undefined;
  const body = Buffer.from(request.trailers["lambda-runtime-function-error-body"] ?? "", "base64");
  return toErrorBody(body, errorType);
}

/** The error document that a runtime posted; the type in its header stands in where the document has none. */
export function toErrorBody(body: Buffer, headerType: string): FunctionErrorBody {
  let parsed: Partial<FunctionErrorBody> | null = null;
  try {
    parsed = JSON.parse(body.toString("utf8")) as Partial<FunctionErrorBody> | null;
  } catch {}
  return {
    errorType: String(parsed?.errorType ?? headerType),
    errorMessage: String(parsed?.errorMessage ?? ""),
    ...(Array.isArray(parsed?.trace) ? { trace: parsed.trace.map(String) } : {}),
  };
}
