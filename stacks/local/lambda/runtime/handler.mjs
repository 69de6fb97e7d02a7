import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { streaming } from "./response-stream.mjs";

/** An error as the Runtime API carries it. */
export function errorBody(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name || "Error", errorMessage: error.message, trace: (error.stack ?? "").split("\n") };
}

/**
 * Imports `folder/file.export.path` below the task root.
 * @throws Runtime.MalformedHandlerName, Runtime.ImportModuleError, Runtime.HandlerNotFound as on Lambda;
 *   what the module itself throws passes through.
 */
export async function loadHandler(taskRoot, name) {
  const match = /^([^.]+)\.(.+)$/.exec(name.split("/").at(-1) ?? "");
  if (!match || name.includes(".."))
    throw named("Runtime.MalformedHandlerName", `Bad handler: "${name}". Use file.export.`);
  const [, moduleName, exportPath] = match;
  const base = join(taskRoot, dirname(name), moduleName);
  const file = [".js", ".mjs", ".cjs"].map((suffix) => base + suffix).find(existsSync);
  if (!file) throw named("Runtime.ImportModuleError", `Error: Cannot find module '${moduleName}' in ${dirname(base)}`);
  const module = await import(pathToFileURL(file).href);
  const handler = dig(module, exportPath) ?? dig(module.default, exportPath);
  if (handler === undefined) throw named("Runtime.HandlerNotFound", `${name} is undefined or not exported`);
  if (typeof handler !== "function") throw named("Runtime.HandlerNotFound", `${name} is not a function`);
  // The nodejs24.x runtime has dropped the third argument; failing now is kinder than hanging on AWS.
  if (handler.length > 2 && !handler[streaming])
    throw named(
      "Runtime.CallbackHandlerDeprecated",
      `${name} takes a callback, which nodejs24.x no longer has. Make it async.`,
    );
  return handler;
}

const dig = (from, path) => path.split(".").reduce((value, key) => value?.[key], from);

const named = (name, message) => Object.assign(new Error(message), { name });
