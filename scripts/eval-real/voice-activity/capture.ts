import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** What a program writes. */
export async function capture(program: string, args: readonly string[]): Promise<Buffer> {
  const { stdout } = await promisify(execFile)(program, [...args], { encoding: "buffer", maxBuffer: 2 ** 30 });
  return stdout;
}
