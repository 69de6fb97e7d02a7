import { basename, extname } from "node:path";
import { ApiClient } from "../client.ts";
import { exitStatus } from "../exit-status.ts";
import { gatherInputs } from "../inputs.ts";
import { openHost } from "../open-host.ts";
import type { CommandLine } from "../options.ts";
import { stopOnSignal } from "../stop-on-signal.ts";
import { transcribeInput, worse } from "../transcribe-input.ts";
import { isAddress } from "../url-flags.ts";

/** `halfgig <file…>`: each file through the whole system; results are printed, or written with -o. */
export async function transcribe(options: CommandLine): Promise<number> {
  const notice = (line: string) => process.stderr.write(`halfgig: ${line}\n`);
  await using inputs = await gatherInputs(options.files);
  const opened = await openHost({ ...options, kind: "cli", temporaryIfBusy: true, onNotice: notice });
  using stop = stopOnSignal();
  try {
    if (opened.model?.manifest.demo) notice("using the DEMO model: it knows 392 words; --model chooses another");
    const api = new ApiClient(opened.host.url, opened.host.accessToken);
    const names = outputNames(inputs.all.map(({ source }) => source));
    let status: number = exitStatus.done;
    for (const [index, input] of inputs.all.entries()) {
      const name = names[index] ?? String(index);
      status = worse(status, (await transcribeInput(api, input, name, { ...options, signal: stop.signal })).status);
    }
    return status;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    notice("interrupted; the job goes on where it stopped when the same file is given again");
    return exitStatus.failed;
  } finally {
    await opened.close();
  }
}

/** Names for results: a file's own without its extension; with it where two files would share a name. */
export function outputNames(files: readonly string[]): string[] {
  const paths = files.map((file) => (isAddress(file) ? pathOf(file) : file));
  const stems = paths.map((path) => basename(path, extname(path)));
  const names = stems.map((stem, index) =>
    stems.indexOf(stem) === stems.lastIndexOf(stem) ? stem : basename(paths[index] ?? ""),
  );
  return names.map((name, index) => {
    const earlier = names.slice(0, index).filter((other) => other === name).length;
    return earlier === 0 ? name : `${name}-${earlier + 1}`;
  });
}

/** The path of an address as it is written: what is percent-encoded in it stays so. */
function pathOf(address: string): string {
  const url = URL.parse(address);
  return !url ? "address" : basename(url.pathname) === "" ? url.hostname : url.pathname;
}
