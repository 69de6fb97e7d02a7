import { createRequire, syncBuiltinESMExports } from "node:module";
import { relative, sep } from "node:path";

/** What changes a file or a directory, or makes a change last. */
export type OperationKind = "create" | "write" | "sync" | "rename" | "remove" | "link" | "mkdir" | "truncate";

export type FileOperation = { kind: OperationKind; path: string };

/**
 * What is told of each operation, in the order in which they begin.
 * `before` may throw: the operation then fails with that error, and nothing is done. `torn` may shorten what is written.
 */
export type Observer = {
  before(operation: FileOperation): void;
  after(operation: FileOperation): void;
  torn?(operation: FileOperation, sizeBytes: number): number | undefined;
};

const require = createRequire(import.meta.url);
// biome-ignore lint/suspicious/noExplicitAny: functions of every shape are replaced by name.
type Functions = Record<string, any>;
const fs = require("node:fs") as Functions;
const promises = require("node:fs/promises") as Functions;

/** Logs are no promise to anybody. */
const ignored = /^lambda\/logs(\/|$)/;

const observers = new Map<string, Observer>();
let unpatch: (() => void) | undefined;

/**
 * Shows every changing operation below a folder to an observer, whatever part of this process it comes from.
 * @returns how to stop that
 */
export function observeFiles(root: string, observer: Observer): () => void {
  observers.set(root, observer);
  unpatch ??= patch();
  return () => {
    observers.delete(root);
    if (observers.size > 0) return;
    unpatch?.();
    unpatch = undefined;
  };
}

function observerOf(path: unknown): Observer | undefined {
  for (const [root, observer] of observers) {
    const inside = relative(root, String(path));
    if (inside !== ".." && !inside.startsWith(`..${sep}`) && !ignored.test(inside)) return observer;
  }
  return undefined;
}

async function later<T>(operation: FileOperation, work: () => Promise<T>): Promise<T> {
  const observer = observerOf(operation.path);
  observer?.before(operation);
  const result = await work();
  observer?.after(operation);
  return result;
}

function atOnce<T>(operation: FileOperation, work: () => T): T {
  const observer = observerOf(operation.path);
  observer?.before(operation);
  const result = work();
  observer?.after(operation);
  return result;
}

/** Functions that change files by their paths, and which argument says what is changed. */
const byPath: [name: string, kind: OperationKind, pathArgument: number][] = [
  ["rename", "rename", 1],
  ["rm", "remove", 0],
  ["unlink", "remove", 0],
  ["link", "link", 1],
  ["mkdir", "mkdir", 0],
  ["truncate", "truncate", 0],
  ["writeFile", "write", 0],
  ["appendFile", "write", 0],
];

function patch(): () => void {
  const undo: (() => void)[] = [];
  const replace = (owner: Functions, name: string, make: (original: (...args: never[]) => unknown) => unknown) => {
    const original = owner[name];
    owner[name] = make(original.bind(owner));
    undo.push(() => {
      owner[name] = original;
    });
  };
  for (const [name, kind, pathArgument] of byPath) {
    replace(promises, name, (original) => (...args: never[]) => {
      return later({ kind, path: String(args[pathArgument]) }, () => original(...args) as Promise<unknown>);
    });
    replace(fs, `${name}Sync`, (original) => (...args: never[]) => {
      return atOnce({ kind, path: String(args[pathArgument]) }, () => original(...args));
    });
  }
  replace(promises, "open", (original) => async (path: never, flags: never, ...rest: never[]) => {
    const open = () => original(path, flags, ...rest) as Promise<Functions>;
    if (!observerOf(path)) return await open();
    if (!/^[wax]/.test(String(flags ?? "r"))) return observeHandle(await open(), path);
    const operation: FileOperation = { kind: "create", path };
    const observer = observerOf(path);
    observer?.before(operation);
    const handle = await open();
    try {
      observer?.after(operation);
    } catch (error) {
      await handle.close();
      throw error;
    }
    return observeHandle(handle, path);
  });
  syncBuiltinESMExports();
  return () => {
    for (const step of undo.reverse()) step();
    syncBuiltinESMExports();
  };
}

const byHandle: Record<string, OperationKind> = {
  write: "write",
  writev: "write",
  writeFile: "write",
  appendFile: "write",
  truncate: "truncate",
  sync: "sync",
  datasync: "sync",
};

function observeHandle(handle: Functions, path: string): Functions {
  for (const [name, kind] of Object.entries(byHandle)) {
    const original = handle[name].bind(handle);
    handle[name] = (...args: unknown[]) => {
      const operation = { kind, path };
      const [first] = args;
      const isBytes = kind === "write" && (Buffer.isBuffer(first) || typeof first === "string");
      const observer = observerOf(path);
      const part = isBytes ? observer?.torn?.(operation, Buffer.byteLength(first)) : undefined;
      if (part === undefined) return later(operation, () => original(...args));
      return original(Buffer.from(first as string).subarray(0, part)).then(() => observer?.before(operation));
    };
  }
  return handle;
}
