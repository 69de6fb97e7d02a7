/**
 * Loaded into every function's process (`node --import`); the plan is a `Plan` in the file that this module's own address names, because a
 * function's environment variables are the host's to choose. Counts the requests of all functions together: S3, Step Functions, Lambda.
 */
import { closeSync, existsSync, fstatSync, openSync, readFileSync, writeSync } from "node:fs";
import http, { type ClientRequest, type IncomingMessage } from "node:http";
import { enableCompileCache, syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { die, type Plan } from "./plan.ts";

// Hundreds of hosts start the same functions.
enableCompileCache(join(tmpdir(), "halfgig-crash-compiled"));
const planFile = new URL(import.meta.url).searchParams.get("plan");
if (planFile) observe(JSON.parse(readFileSync(planFile, "utf8")) as Plan);

/** Appends one byte to a shared file: its size is the number of this request among those of all processes. */
function nextNumber(folder: string): number {
  const file = openSync(join(folder, "count"), "a");
  try {
    writeSync(file, ".");
    return fstatSync(file).size;
  } finally {
    closeSync(file);
  }
}

/** One death per plan, however many processes there are. */
function isFirst(folder: string): boolean {
  try {
    closeSync(openSync(join(folder, "dead"), "wx"));
    return true;
  } catch {
    return false;
  }
}

function observe({ folder, fault }: Plan): void {
  const log = openSync(join(folder, "steps.log"), "a");
  const fired = openSync(join(folder, "fired.log"), "a");
  const own = process.env.AWS_LAMBDA_RUNTIME_API;
  const name = process.env.AWS_LAMBDA_FUNCTION_NAME ?? "?";
  const { request } = http;
  const hit = (line: string) => {
    if (!isFirst(folder)) return;
    writeSync(fired, line);
    die();
  };
  const counted = (...args: unknown[]): ClientRequest => {
    const send = () => Reflect.apply(request, http, args) as ClientRequest;
    const [options] = args as [http.RequestOptions | undefined];
    if (!options || typeof options !== "object" || `${options.hostname ?? options.host}:${options.port}` === own)
      return send();
    // A client that asks how far its job is asks as often as it likes.
    if (name === "jobs") return send();
    const path = String(options.path ?? "").split("?")[0];
    const number = nextNumber(folder);
    const line = `${name} ${options.method ?? "GET"} ${path}\n`;
    writeSync(log, line);
    const isDue = fault !== undefined && number === fault.at && !existsSync(join(folder, "dead"));
    if (isDue && fault.how === "before") hit(line);
    const outgoing = send();
    if (isDue) outgoing.prependListener("response", (_: IncomingMessage) => hit(line));
    return outgoing;
  };
  http.request = counted as typeof http.request;
  syncBuiltinESMExports();
}
