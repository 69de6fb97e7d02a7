import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { MediaError } from "../layers/core/index.ts";
import { isBundledAhead } from "../stacks/local/bundled-ahead.ts";
import { exitStatus } from "./exit-status.ts";
import { commandPages, helpPage, helpTopics } from "./help/index.ts";
import { defaultDataDirectory, demoDataDirectory, parseCommandLine, UsageError } from "./options.ts";
import { printable } from "./terminal.ts";

/** Runs one command line. @returns the exit status; nothing is thrown */
export async function run(argv: readonly string[]): Promise<number> {
  try {
    const asked = argv.slice(1).some((argument) => argument === "--help" || argument === "-h");
    if (asked && argv[0] !== undefined && Object.hasOwn(commandPages, argv[0])) return help(argv[0]);
    // These have options of their own.
    if (argv[0] === "completion") return (await import("./commands/completion.ts")).completion(argv.slice(1));
    if (argv[0] === "plan") return await (await import("./commands/plan.ts")).plan(argv.slice(1));
    if (argv[0] === "keys") return await (await import("./commands/keys.ts")).keys(argv.slice(1));
    if (argv[0] === "doctor") return await (await import("./commands/doctor.ts")).doctor(argv.slice(1));
    if (argv[0] === "search") return await (await import("./commands/search.ts")).search(argv.slice(1));
    if (argv[0] === "ask") return await (await import("./commands/ask.ts")).ask(argv.slice(1));
    if (argv[0] === "reindex") return await (await import("./commands/reindex.ts")).reindex(argv.slice(1));
    const options = parseCommandLine(argv);
    switch (options.command) {
      case "help":
        return help(options.files[0]);
      case "version":
        process.stdout.write(`${await version()}\n`);
        return exitStatus.done;
      case "settings":
        return (await import("./commands/settings.ts")).settings(options);
      case "credentials":
        return await (await import("./commands/credentials.ts")).credentials(options);
      case "models":
        return await (await import("./commands/models.ts")).models(options);
      case "serve":
        await bundleFirst(join(options.dataDirectory ?? defaultDataDirectory(process.env), "serve"));
        return await (await import("./commands/serve.ts")).serve(options);
      case "demo":
        if (options.fresh && !isBundledAhead())
          await rm(options.dataDirectory ?? demoDataDirectory, { recursive: true, force: true });
        await bundleFirst(join(options.dataDirectory ?? demoDataDirectory, "host"));
        return await (await import("./commands/demo.ts")).demo(options);
      case "transcribe":
        if (options.watch !== undefined)
          return await (await import("./commands/watch.ts")).watch(options, options.watch);
        return await (await import("./commands/transcribe.ts")).transcribe(options);
    }
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`halfgig: ${error.message}\nhalfgig --help shows what there is.\n`);
      return exitStatus.usage;
    }
    process.stderr.write(`halfgig: ${printable(describe(error))}\n`);
    return exitStatus.failed;
  }
}

/** Lite mode has no room for a host and for what bundles its functions at once. */
async function bundleFirst(dataDirectory: string): Promise<void> {
  if (process.env.MEMORY_MODE !== "lite" || isBundledAhead()) return;
  await (await import("../stacks/local/bundle-ahead.ts")).bundleAhead(dataDirectory);
}

function help(topic: string | undefined): number {
  const page = helpPage(topic);
  if (page === undefined) throw new UsageError(`There is no help on "${topic}", but on: ${helpTopics.join(", ")}.`);
  process.stdout.write(page);
  return exitStatus.done;
}

/** What a person reads: our errors as they are; others with their stack, because they are defects. */
function describe(error: unknown): string {
  if (error instanceof MediaError) return `${error.message} [${error.code}]`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function version(): Promise<string> {
  const manifest = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return manifest.version;
}
