import { stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiClient } from "../client.ts";
import { exitStatus } from "../exit-status.ts";
import { openHost } from "../open-host.ts";
import { type CommandLine, defaultDataDirectory, UsageError } from "../options.ts";
import { stopOnSignal } from "../stop-on-signal.ts";
import { printable } from "../terminal.ts";
import { transcribeInput } from "../transcribe-input.ts";
import { SettledFiles } from "../watch/settled.ts";
import { WatchState } from "../watch/state.ts";

/** A file must look the same in two looks that are so far apart. Polled: no notification crosses a network's file system. */
const lookEveryMs = 1_000;

/** `halfgig --watch <folder>`: every new file in it, one after the other, until SIGINT or SIGTERM. @throws UsageError */
export async function watch(options: CommandLine, folder: string): Promise<number> {
  const notice = (line: string) => process.stderr.write(`halfgig: ${line}\n`);
  if (!(await stat(folder).catch(() => undefined))?.isDirectory())
    throw new UsageError(`--watch takes a folder, and ${printable(folder)} is none.`);
  const state = await WatchState.open(options.dataDirectory ?? defaultDataDirectory(process.env), folder);
  const files = new SettledFiles(folder);
  const opened = await openHost({ ...options, kind: "cli", temporaryIfBusy: true, onNotice: notice });
  using stop = stopOnSignal();
  const choices = { ...options, outputDirectory: options.outputDirectory ?? folder, signal: stop.signal };
  const api = new ApiClient(opened.host.url, opened.host.accessToken);
  notice(`watching ${printable(folder)}; results go to ${printable(choices.outputDirectory)}; Ctrl-C stops`);
  try {
    while (!stop.signal.aborted) {
      const { all, settled } = await files.look();
      await state.keep(all);
      for (const { name, ...version } of settled.filter((file) => !state.isDone(file.name, file))) {
        const source = join(folder, name);
        // The name with its extension: two files that differ in nothing else must not overwrite each other's results.
        const { reports } = await transcribeInput(api, { shown: source, source }, name, choices);
        await state.done(name, version, reports.at(-1)?.status ?? "refused");
      }
      await sleep(lookEveryMs, undefined, { signal: stop.signal });
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    await opened.close();
  }
  notice("stopped; the next start goes on with what is new");
  return exitStatus.done;
}
