import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MediaError, readSettings, type Settings, voiceModelIds } from "../layers/core/index.ts";
import { requireModelFit } from "../layers/inference/index.ts";
import { hubSettings, obtainModel, obtainVoiceModel, resolveEmbeddingModel } from "../layers/models/index.ts";
import { needsModel } from "../stacks/app/index.ts";
import { type HostOptions, LocalHost } from "../stacks/local/host.ts";
import { liteSizing, type SystemLimit, systemSizing } from "../stacks/local/system/index.ts";
import { DownloadBar } from "./download-bar.ts";
import { modelsDirectory } from "./models-directory.ts";
import { type CommandLine, defaultDataDirectory } from "./options.ts";
import { removeAbandoned, temporaryPrefix } from "./temporary-data.ts";

export type OpenedHost = {
  host: LocalHost;
  settings: Settings;
  /** None where nothing here recognises speech. */
  model: (NonNullable<HostOptions["model"]> & { built: boolean }) | undefined;
  close(): Promise<void>;
};

type Choices = Pick<CommandLine, "model" | "memoryMB" | "dataDirectory" | "asrProvider"> & {
  /** What is asked of the host, where that is known already: a detector and a speech model are fetched only if needed. */
  job?: CommandLine["job"];
  /** There is a transcript already: no model has to be here. */
  transcript?: string | undefined;
  /** Where to listen, instead of what the settings say. */
  host?: string | undefined;
  /** Folder below the data directory; hosts of different kinds do not share one. */
  kind: string;
  /** One limit for the whole service. */
  systemLimit?: SystemLimit | undefined;
  /** Where another process has the data directory: work in a temporary one, instead of refusing. */
  temporaryIfBusy?: boolean;
} & Pick<HostOptions, "ports" | "onReport" | "onNotice">;

/** Reads the settings, makes sure of the model, and starts the embedded host. */
export async function openHost(choices: Choices): Promise<OpenedHost> {
  const fromEnvironment = readSettings(process.env);
  const settings: Settings = {
    ...fromEnvironment,
    WHISPER_MODEL: choices.model ?? fromEnvironment.WHISPER_MODEL,
    VOICE_MODEL: voiceModelOf(choices.job, fromEnvironment),
    ASR_PROVIDER: choices.asrProvider ?? fromEnvironment.ASR_PROVIDER,
    HALFGIG_INFER_MEMORY: choices.memoryMB ?? fromEnvironment.HALFGIG_INFER_MEMORY,
    HALFGIG_ADDRESS: choices.host ?? fromEnvironment.HALFGIG_ADDRESS,
  };
  const system = systemOf(choices.systemLimit, settings);
  if (system) {
    settings.HALFGIG_INFER_MEMORY = system.sizing.inferMB;
    settings.MAX_CONCURRENCY = system.sizing.concurrency;
  }
  const base = choices.dataDirectory ?? defaultDataDirectory(process.env);
  const voiceAlone = choices.job?.tasks?.every((task) => task === "voice") ?? false;
  const needed = needsModel(settings) && choices.transcript === undefined && !voiceAlone;
  const model = needed ? await ensureModel(settings, base, choices.onNotice) : undefined;
  const options: HostOptions = {
    dataDirectory: join(base, choices.kind),
    settings,
    model,
    voice: await ensureVoiceModel(settings, base, choices.onNotice),
    embedding: await findEmbeddingModel(settings, base),
    system,
    pageAtStart: choices.kind === "serve",
    ports: choices.ports,
    onReport: choices.onReport,
    onNotice: choices.onNotice,
  };
  try {
    const host = await LocalHost.open(options);
    return { host, settings, model, close: () => host.close() };
  } catch (error) {
    const busy = error instanceof MediaError && error.code === "host.data_in_use";
    if (!busy || !choices.temporaryIfBusy) throw error;
  }
  await removeAbandoned(tmpdir());
  const temporary = await mkdtemp(join(tmpdir(), temporaryPrefix));
  choices.onNotice?.("another halfgig uses the data directory; working in a temporary one, without reuse");
  const host = await LocalHost.open({ ...options, dataDirectory: temporary });
  const close = async () => {
    await host.close();
    await rm(temporary, { recursive: true, force: true });
  };
  return { host, settings, model, close };
}

/** What is asked of the whole service at once: the limit that was chosen, or the little that is enough without models. */
function systemOf(limit: SystemLimit | undefined, settings: Settings): HostOptions["system"] {
  if (limit) return { limit, sizing: systemSizing(limit.limitMB, settings) };
  if (settings.MEMORY_MODE !== "lite") return undefined;
  const reason = "MEMORY_MODE=lite: one function at a time";
  return { limit: { kind: "watch", limitMB: liteSizing.limitMB, reason, folders: [] }, sizing: liteSizing };
}

/** The detector that a job names, else the host's; a job that names none gets the one that was always asked for. */
function voiceModelOf(job: CommandLine["job"] | undefined, { VOICE_MODEL }: Settings): Settings["VOICE_MODEL"] {
  return job?.voiceModel ?? VOICE_MODEL ?? (job?.tasks?.includes("voice") ? "ast" : undefined);
}

/** The detector of the settings: fetched and built where it is not there yet. */
async function ensureVoiceModel(settings: Settings, base: string, onNotice?: (line: string) => void) {
  const { VOICE_MODEL } = settings;
  if (VOICE_MODEL === undefined || settings.SKIP_AI_MODELS) return undefined;
  using progress = new DownloadBar(process.stderr);
  const id = voiceModelIds[VOICE_MODEL];
  if (VOICE_MODEL === "demo") onNotice?.("the detector is a DEMO: its verdicts are not real ones");
  return await obtainVoiceModel({
    id,
    modelsDirectory: modelsDirectory(settings, base),
    precision: settings.USE_INT8_QUANTIZATION ? "int8" : "fp32",
    hub: hubSettings(settings),
    onPull: (name) => onNotice?.(`the detector ${name.id} is not on this machine yet; fetching it`),
    onWait: (owner) => onNotice?.(`waiting for ${owner}, which fetches ${id}`),
    onDownload: (download) => progress.show(download),
    onProgress: (stage) => onNotice?.(`building ${id}: ${stage}`),
  });
}

/** What search embeds with, where it is on this machine: it is never fetched unasked, because search works without it. */
async function findEmbeddingModel(settings: Settings, base: string) {
  const { EMBEDDING_MODEL: id, SEARCH_INDEX } = settings;
  if (id === "lexical" || SEARCH_INDEX === "none" || settings.SKIP_AI_MODELS) return undefined;
  const precision = settings.USE_INT8_QUANTIZATION ? "int8" : "fp32";
  return await resolveEmbeddingModel({ id, modelsDirectory: modelsDirectory(settings, base), precision }).catch(
    (error) => {
      if (error instanceof MediaError && error.code === "model.missing") return undefined;
      throw error;
    },
  );
}

/** The model of the settings: fetched and built where it is not there yet. */
async function ensureModel(settings: Settings, base: string, onNotice?: (line: string) => void) {
  const precision = settings.USE_INT8_QUANTIZATION ? "int8" : "fp32";
  requireModelFit({ id: settings.WHISPER_MODEL, precision }, settings.HALFGIG_INFER_MEMORY);
  using progress = new DownloadBar(process.stderr);
  return await obtainModel({
    id: settings.WHISPER_MODEL,
    modelsDirectory: modelsDirectory(settings, base),
    precision: settings.USE_INT8_QUANTIZATION ? "int8" : "fp32",
    hub: hubSettings(settings),
    onPull: ({ id }) => onNotice?.(`the model ${id} is not on this machine yet; fetching it`),
    onWait: (owner) => onNotice?.(`waiting for ${owner}, which fetches ${settings.WHISPER_MODEL}`),
    onDownload: (download) => progress.show(download),
    onProgress: (stage) => onNotice?.(`building ${settings.WHISPER_MODEL}: ${stage}`),
  });
}
