import { MediaError, readSettings, type Settings } from "../../layers/core/index.ts";
import {
  dropDamagedBuilds,
  hubSettings,
  type ListedModel,
  listModels,
  obtainEmbeddingModel,
  obtainModel,
  obtainVoiceModel,
  parseModelName,
  pullModel,
  removeModel,
  verifyModel,
} from "../../layers/models/index.ts";
import { DownloadBar, megabytes } from "../download-bar.ts";
import { exitStatus } from "../exit-status.ts";
import { modelsDirectory } from "../models-directory.ts";
import { type CommandLine, defaultDataDirectory, UsageError } from "../options.ts";
import { table } from "../tables.ts";
import { printable } from "../terminal.ts";

const say = (line: string) => process.stdout.write(`${line}\n`);
const notice = (line: string) => process.stderr.write(`halfgig: ${line}\n`);

const obtainers = { speech: obtainModel, voice: obtainVoiceModel, embedding: obtainEmbeddingModel };

/** `halfgig models list|pull|build|verify|rm`: what is asked for on stdout, progress on stderr. */
export async function models(options: CommandLine): Promise<number> {
  const [action = "list", name, ...more] = options.files;
  if (more.length > 0)
    throw new UsageError(`halfgig models ${action} takes one model, and "${more[0]}" was given too.`);
  const settings = readSettings(process.env);
  const directory = modelsDirectory(settings, options.dataDirectory ?? defaultDataDirectory(process.env));
  const named = () => {
    if (name !== undefined) return name;
    throw new UsageError(`halfgig models ${action} needs the name of a model; halfgig models shows what there is.`);
  };
  switch (action) {
    case "list":
      if (name !== undefined) throw new UsageError(`halfgig models list takes no name; "${name}" was given.`);
      return await list(directory, options.json);
    case "pull":
      return await pull(named(), directory, settings, options.update);
    case "build":
      return await build(named(), directory, settings, options.precision);
    case "verify":
      return await verify(name, directory);
    case "rm":
      return await remove(named(), directory, options.builds);
    default:
      throw new UsageError(`halfgig models does list, pull, build, verify and rm, not "${action}".`);
  }
}

async function list(directory: string, json: boolean): Promise<number> {
  const known = await listModels(directory);
  if (json) {
    say(JSON.stringify({ directory, models: known }, null, 2));
    return exitStatus.done;
  }
  const rows = known.map((model) => [
    model.demo ? `${model.id} (DEMO)` : model.id,
    model.kind,
    model.present ? "yes" : "no",
    model.built.join(", ") || "–",
    model.sizeBytes === 0 ? "–" : megabytes(model.sizeBytes),
    model.licence,
    /^[0-9a-f]{40}$/.test(model.revision) ? model.revision.slice(0, 12) : model.revision,
    model.source,
  ]);
  say(printable(table(["model", "for", "on disk", "built", "size", "licence", "revision", "source"], rows)));
  say(`\nin ${printable(directory)}`);
  return exitStatus.done;
}

async function pull(name: string, directory: string, settings: Settings, update: boolean): Promise<number> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  process.once("SIGINT", abort);
  using bar = new DownloadBar(process.stderr);
  try {
    const pulled = await pullModel({
      name,
      modelsDirectory: directory,
      hub: hubSettings(settings),
      update,
      onProgress: (progress) => bar.show(progress),
      onWait: (owner) => notice(`waiting for ${owner}, which is at the same model`),
      signal: stop.signal,
    });
    bar[Symbol.dispose]();
    const { revision, licence } = pulled.locked;
    const fetched = pulled.downloadedBytes === 0 ? "was there already" : `fetched ${megabytes(pulled.downloadedBytes)}`;
    say(printable(`${pulled.id}: ${fetched}; revision ${revision}, licence ${licence}, in ${pulled.directory}`));
    return exitStatus.done;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    notice("interrupted; what has arrived is kept, and the same command goes on from there");
    return exitStatus.failed;
  } finally {
    process.off("SIGINT", abort);
  }
}

async function build(
  name: string,
  directory: string,
  settings: Settings,
  asked: CommandLine["precision"],
): Promise<number> {
  const precision = asked ?? (settings.USE_INT8_QUANTIZATION ? "int8" : "fp32");
  if ((await dropDamagedBuilds({ name, modelsDirectory: directory })) > 0) notice("removed graphs that were damaged");
  using bar = new DownloadBar(process.stderr);
  const started = performance.now();
  const {
    manifest,
    built,
    directory: folder,
  } = await obtainers[parseModelName(name).known?.kind ?? "speech"]({
    id: name,
    modelsDirectory: directory,
    precision,
    hub: hubSettings(settings),
    onPull: ({ id }) => notice(`the model ${id} is not on this machine yet; fetching it`),
    onDownload: (progress) => bar.show(progress),
    onProgress: (stage) => notice(`building ${name}: ${stage}`),
  });
  const sizeBytes = Object.values(manifest.files).reduce((total, file) => total + file.sizeBytes, 0);
  const took = built ? `built in ${((performance.now() - started) / 1000).toFixed(1)} s` : "was built already";
  say(printable(`${manifest.id} ${precision}: ${took}; ${megabytes(sizeBytes)}, in ${folder}`));
  return exitStatus.done;
}

/** Without a name everything that is on this machine. */
async function verify(name: string | undefined, directory: string): Promise<number> {
  const here = ({ present, built, sizeBytes, demo }: ListedModel) =>
    demo ? built.length > 0 : present || built.length > 0 || sizeBytes > 0;
  const names = name === undefined ? (await listModels(directory)).filter(here).map(({ id }) => id) : [name];
  if (names.length === 0) say(printable(`There is no model in ${directory} yet; halfgig models pull fetches one.`));
  let sound = true;
  for (const each of names) {
    const report = await verifyModel({ name: each, modelsDirectory: directory });
    for (const { path, problem, advice } of report.problems)
      say(printable(`${report.id}: ${path} ${problem}. ${advice}`));
    const { soundFiles, soundBytes, unvouched, problems } = report;
    const rest = unvouched.length === 0 ? "" : `; nothing to compare with: ${unvouched.join(", ")}`;
    say(
      printable(
        `${report.id}: ${soundFiles} files are right (${megabytes(soundBytes)}), ${problems.length} problems${rest}`,
      ),
    );
    sound &&= problems.length === 0;
  }
  return sound ? exitStatus.done : exitStatus.failed;
}

async function remove(name: string, directory: string, buildsOnly: boolean): Promise<number> {
  const { known } = parseModelName(name);
  if (known?.demo && !buildsOnly) {
    throw new MediaError(
      "config.invalid",
      `The demo model is part of halfgig. \`halfgig models rm ${known.id} --builds\` removes its graphs.`,
    );
  }
  const freedBytes = await removeModel({ name, modelsDirectory: directory, buildsOnly });
  say(printable(`${name}: freed ${megabytes(freedBytes)}`));
  return exitStatus.done;
}
