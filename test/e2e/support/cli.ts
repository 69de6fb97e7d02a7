import { spawn } from "node:child_process";
import { join } from "node:path";
import { projectRoot } from "../../../stacks/local/project-root.ts";

export const cliPath = join(projectRoot, "cli", "halfgig.js");

/** Runs the command to its end, as a person would. */
export async function halfgig(
  args: readonly string[],
  environment: Record<string, string> = {},
  onStart: (pid: number) => void = () => {},
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [cliPath, ...args], { env: { ...process.env, ...environment } });
  if (child.pid !== undefined) onStart(child.pid);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { status, stdout, stderr };
}

export type ServedHost = {
  pid: number;
  api: string;
  token: string;
  kill(signal: NodeJS.Signals): Promise<number | null>;
  output(): string;
};

/** Starts `halfgig serve` on free ports and waits until it says that it is ready. */
export async function serve(
  data: string,
  environment: Record<string, string> = {},
  options: readonly string[] = [],
): Promise<ServedHost> {
  const args = [cliPath, "serve", "--model", "demo", "--data", data, "--port", "0", "--s3-port", "0", ...options];
  const child = spawn(process.execPath, args, { env: { ...process.env, ...environment } });
  const exited = new Promise<number | null>((resolve) => child.on("close", resolve));
  let output = "";
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        if (output.includes("ready;")) resolve();
      });
    }
    void exited.then((status) => reject(new Error(`halfgig serve ended with ${status}: ${output}`)));
  });
  const find = (pattern: RegExp) => pattern.exec(output)?.[1] ?? "";
  return {
    pid: child.pid ?? 0,
    api: find(/^API +(\S+)$/m),
    token: find(/^access token +(\S+)$/m),
    output: () => output,
    kill: (signal) => {
      child.kill(signal);
      return exited;
    },
  };
}
