import { completionScript, shellNames } from "../completion/scripts.ts";
import { exitStatus } from "../exit-status.ts";
import { UsageError } from "../options.ts";

/** `halfgig completion bash|zsh|fish`: a script for the shell, on stdout. @throws UsageError */
export function completion([name, ...more]: readonly string[]): number {
  const shell = shellNames.find((known) => known === name);
  if (!shell || more.length > 0) throw new UsageError(`halfgig completion takes one of ${shellNames.join(", ")}.`);
  process.stdout.write(completionScript(shell));
  return exitStatus.done;
}
