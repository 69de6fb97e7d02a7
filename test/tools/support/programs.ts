import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The first of the programs that is on this machine: absolute paths, or names that PATH is searched for. */
export function findProgram(...names: string[]): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return names
    .flatMap((name) => (name.startsWith("/") ? [name] : folders.map((folder) => join(folder, name))))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** How a test is called, so that one that cannot run here says why. */
export const named = (name: string, program: string | undefined, debianPackage: string) =>
  program ? name : `${name} (not on this machine: apt-get install ${debianPackage})`;

export type Ran = { status: number; stdout: string; stderr: string };

/** Runs a program to its end with exactly this environment, and PATH. */
export function run(program: string, args: readonly string[], environment: Record<string, string>): Promise<Ran> {
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH ?? "", ...environment };
    execFile(program, args, { env, maxBuffer: 64 * 2 ** 20 }, (error, stdout, stderr) => {
      resolve({ status: error ? Number(error.code ?? 1) : 0, stdout, stderr });
    });
  });
}
