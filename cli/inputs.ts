import { createWriteStream } from "node:fs";
import { access, glob, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { MediaError } from "../layers/core/index.ts";
import { UsageError } from "./options.ts";
import { isAddress } from "./url-flags.ts";

/** One file or address to transcribe. */
export type Input = {
  /** As it was given, for people; "-" is what came on stdin. */
  shown: string;
  /** A path, or an address. */
  source: string;
};

/** What the command line names; what was kept of stdin goes with it. */
export type Inputs = AsyncDisposable & { all: Input[] };

/**
 * Paths, addresses, patterns (`"talks/*.mp3"`, where the shell has not replaced them) and `-`, which is stdin. A file whose name looks like
 * a pattern is that file.
 * @throws MediaError `request.invalid` where a pattern matches nothing; UsageError where stdin is a terminal
 */
export async function gatherInputs(
  files: readonly string[],
  stdin: NodeJS.ReadableStream & { isTTY?: boolean } = process.stdin,
): Promise<Inputs> {
  await using kept = new AsyncDisposableStack();
  const all: Input[] = [];
  if (files.filter((file) => file === "-").length > 1) throw new UsageError("Stdin (-) can be read once.");
  for (const file of files) {
    if (file === "-") all.push({ shown: "stdin", source: await keepStdin(stdin, kept) });
    else if (isAddress(file) || !/[*?[{]/.test(file) || (await isThere(file))) all.push({ shown: file, source: file });
    else all.push(...(await matching(file)));
  }
  const moved = kept.move();
  return { all, [Symbol.asyncDispose]: () => moved.disposeAsync() };
}

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

async function matching(pattern: string): Promise<Input[]> {
  const found: string[] = [];
  for await (const entry of glob(pattern, { withFileTypes: true })) {
    if (entry.isFile()) found.push(join(entry.parentPath, entry.name));
  }
  if (found.length === 0) {
    throw new MediaError(
      "request.invalid",
      `No file matches ${pattern}. Check the path, and put it in quotes as it is.`,
    );
  }
  return found.sort().map((path) => ({ shown: path, source: path }));
}

/** Its length must be known before it is sent: it goes to the disk first, and away again afterwards. */
async function keepStdin(
  stdin: NodeJS.ReadableStream & { isTTY?: boolean },
  kept: AsyncDisposableStack,
): Promise<string> {
  if (stdin.isTTY) throw new UsageError("- reads the file from stdin, and stdin is a terminal. Pipe a file into it.");
  const directory = await mkdtemp(join(tmpdir(), "halfgig-stdin-"));
  kept.defer(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, "stdin");
  await pipeline(stdin, createWriteStream(path, { mode: 0o600 }));
  return path;
}
