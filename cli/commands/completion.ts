import { parseArgs } from "node:util";
import { completionScript, shellNames } from "../completion/scripts.ts";
import { exitStatus } from "../exit-status.ts";
import { UsageError } from "../options.ts";

/** `halfgig completion bash|zsh|fish`: a script for the shell, on stdout. @throws UsageError */
export function completion(argv: readonly string[]): number {
  const [name, ...more] = parse(argv);
  const shell = shellNames.find((known) => known === name);
  if (!shell || more.length > 0) throw new UsageError(`halfgig completion takes one of ${shellNames.join(", ")}.`);
  process.stdout.write(completionScript(shell));
  return exitStatus.done;
}

/** `--data` is taken as by every command, and means nothing here. @throws UsageError */
function parse(argv: readonly string[]): string[] {
  try {
    return parseArgs({ args: [...argv], allowPositionals: true, options: { data: { type: "string" } } }).positionals;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
