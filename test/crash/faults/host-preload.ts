/** Loaded into a host's process before anything else (`node --import`). HALFGIG_FAULT_PLAN is a `HostPlan` as JSON. */
import { existsSync, openSync, writeSync } from "node:fs";
import { join, relative } from "node:path";
import { type FileOperation, observeFiles } from "./file-operations.ts";
import { die, type HostPlan } from "./plan.ts";

const plan = JSON.parse(process.env.HALFGIG_FAULT_PLAN ?? "null") as HostPlan | null;
delete process.env.HALFGIG_FAULT_PLAN;
if (plan) observe(plan);

function observe({ folder, dataDirectory, fault }: HostPlan): void {
  const log = openSync(join(folder, "steps.log"), "a");
  const fired = openSync(join(folder, "fired.log"), "a");
  const describe = ({ kind, path }: FileOperation) => `${kind} ${relative(dataDirectory, path)}\n`;
  let begun = 0;
  const numbers = new WeakMap<FileOperation, number>();
  const hit = (operation: FileOperation) => {
    writeSync(fired, describe(operation));
    die();
  };
  const refusals = {
    full: ["ENOSPC", "no space left on device"],
    readonly: ["EROFS", "read-only file system"],
  } as const;
  observeFiles(dataDirectory, {
    before(operation) {
      const number = ++begun;
      numbers.set(operation, number);
      writeSync(log, describe(operation));
      if (!fault || number < fault.at) return;
      if (fault.how === "full" || fault.how === "readonly") {
        if (existsSync(join(folder, "room"))) return;
        // On a full disk things can still be removed and synced, and an empty file often still fits; a read-only one lets nothing pass.
        if (fault.how === "full" && operation.kind !== "write" && operation.kind !== "mkdir") return;
        if (fault.how === "readonly" && operation.kind === "sync") return;
        writeSync(fired, describe(operation));
        const [code, text] = refusals[fault.how];
        throw Object.assign(new Error(`${code}: ${text}, ${operation.kind} '${operation.path}'`), {
          code,
          path: operation.path,
        });
      }
      if (number === fault.at && fault.how !== "after") hit(operation);
    },
    after(operation) {
      if (fault?.how === "after" && numbers.get(operation) === fault.at) hit(operation);
    },
    torn: (_operation, sizeBytes) =>
      fault?.how === "torn" && begun + 1 === fault.at ? Math.floor(sizeBytes / 2) : undefined,
  });
}
