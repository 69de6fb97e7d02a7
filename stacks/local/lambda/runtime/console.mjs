import { format } from "node:util";

/** Makes console's lines those of Lambda's text log format: time, request id, level and message, separated by tabs. */
export function patchConsole(requestId) {
  const print = (stream, level) =>
    function log(...values) {
      const id = requestId() ?? "undefined";
      stream.write(`${new Date().toISOString()}\t${id}\t${level}\t${format(...values)}\n`);
    };
  console.log = print(process.stdout, "INFO");
  console.info = print(process.stdout, "INFO");
  console.debug = print(process.stdout, "DEBUG");
  console.trace = print(process.stdout, "TRACE");
  console.warn = print(process.stderr, "WARN");
  console.error = print(process.stderr, "ERROR");
}
