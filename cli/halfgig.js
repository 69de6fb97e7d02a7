#!/usr/bin/env node
// Plain JavaScript, because it must run on whatever Node there is: it finds Node 24, sets its flags and hands over.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { allocator, nodeFlags as flags } from "./node-settings.js";

const environment = { ...allocator, ...process.env };

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const command = [...flags, fileURLToPath(import.meta.url), ...process.argv.slice(2)];

if (major > 24 || (major === 24 && minor >= 4)) {
  const flagged = flags.every((flag) => process.execArgv.includes(flag));
  // The same process goes on with the flags; a child would cost the parent's memory besides.
  if (!flagged) process.execve(process.execPath, [process.execPath, ...process.execArgv, ...command], environment);
  const { run } = await import("./main.ts");
  process.exitCode = await run(process.argv.slice(2));
} else {
  const bundled = fileURLToPath(new URL("../node_modules/node/bin/node", import.meta.url));
  if (!existsSync(bundled)) {
    process.stderr.write(
      `halfgig runs on Node.js 24, and this is ${process.version}. Run npm ci (it installs Node 24 beside halfgig), or install Node.js 24.\n`,
    );
    process.exit(1);
  }
  const child = spawn(bundled, command, { stdio: "inherit", env: environment });
  // The terminal sends Ctrl-C to both; the child decides when it is done.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal ? 1 : 0);
  });
}
