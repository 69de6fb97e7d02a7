// The runtime inside an execution environment: what AWS's own interface client does, without its native code.
// It runs in the function's process, so it is small, has no dependencies and touches nothing but what Lambda documents.
import { Agent, request } from "node:http";
import { patchConsole } from "./console.mjs";
import { errorBody, loadHandler } from "./handler.mjs";
import { ResponseStream, readStreamError, streaming } from "./response-stream.mjs";

const [hostname, port] = (process.env.AWS_LAMBDA_RUNTIME_API ?? "").split(":");
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const basePath = "/2018-06-01/runtime";
const maxResponseBytes = 6_291_556;

/** The event in work, if any: what an uncaught error is reported against. */
let currentRequestId;

/** One call of the Runtime API. A host that does not answer is a host that is gone, and then so is this process. */
function call(method, path, body, headers = {}) {
  return new Promise((resolve) => {
    const options = { hostname, port, agent, method, path: basePath + path, headers };
    if (body !== undefined) options.headers["Content-Length"] = Buffer.byteLength(body);
    const outgoing = request(options, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", () => process.exit(1));
      response.on("end", () =>
        resolve({
          status: response.statusCode,
          headers: response.headers,
          text: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
    outgoing.on("error", () => process.exit(1));
    outgoing.end(body);
  });
}

function postError(path, error) {
  const body = errorBody(error);
  const headers = {
    "Content-Type": "application/json",
    "Lambda-Runtime-Function-Error-Type": headerSafe(body.errorType),
  };
  return call("POST", path, JSON.stringify(body), headers);
}

const headerSafe = (text) => text.replace(/[^\x20-\x7e]/g, "?");

/** Reports an error that no handler caught. The process's state is unknown from here on, so it ends. */
async function dieOf(error, exitCode) {
  console.error("Uncaught error:", error);
  await postError(currentRequestId ? `/invocation/${currentRequestId}/error` : "/init/error", error);
  process.exit(exitCode);
}

function contextOf(headers) {
  const deadlineMs = Number(headers["lambda-runtime-deadline-ms"]);
  const { env } = process;
  const clientContext = headers["lambda-runtime-client-context"];
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    ...(clientContext ? { clientContext: JSON.parse(clientContext) } : {}),
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  };
}

async function answerBuffered(handler, event, context) {
  const result = await handler(event, context);
  const text = JSON.stringify(result === undefined ? null : result) ?? "null";
  const path = `/invocation/${context.awsRequestId}`;
  if (Buffer.byteLength(text) > maxResponseBytes) {
    const error = new Error(`Response payload size exceeded maximum allowed payload size (${maxResponseBytes} bytes).`);
    error.name = "Function.ResponseSizeTooLarge";
    throw error;
  }
  await call("POST", `${path}/response`, text, { "Content-Type": "application/json" });
}

async function answerStreaming(handler, event, context) {
  const options = { hostname, port, agent, path: `${basePath}/invocation/${context.awsRequestId}/response` };
  const stream = new ResponseStream(options);
  try {
    await handler(event, stream, context);
  } catch (error) {
    // Before the first byte the error can still be the reply; afterwards only trailers are left.
    if (!stream.begun) throw error;
    stream.fail(readStreamError(errorBody(error)));
  }
  await stream.finished();
}

process.on("uncaughtException", (error) => void dieOf(error, 129));
process.on("unhandledRejection", (reason) => {
  const error = new Error(reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason), {
    cause: reason,
  });
  error.name = "Runtime.UnhandledPromiseRejection";
  void dieOf(error, 128);
});
patchConsole(() => currentRequestId);

let handler;
try {
  handler = await loadHandler(process.env.LAMBDA_TASK_ROOT ?? process.cwd(), process.env._HANDLER ?? "");
} catch (error) {
  console.error(error);
  await postError("/init/error", error);
  process.exit(1);
}

for (;;) {
  const { headers, text, status } = await call("GET", "/invocation/next");
  if (status !== 200) process.exit(1);
  currentRequestId = headers["lambda-runtime-aws-request-id"];
  process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"] ?? "";
  try {
    const context = contextOf(headers);
    await (handler[streaming] ? answerStreaming : answerBuffered)(handler, JSON.parse(text), context);
  } catch (error) {
    console.error("Invoke Error", JSON.stringify(errorBody(error)));
    await postError(`/invocation/${currentRequestId}/error`, error);
  }
  currentRequestId = undefined;
}
