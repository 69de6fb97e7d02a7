import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MediaError, readSettings, type Settings } from "../layers/core/index.ts";
import { resolveModel } from "../layers/models/index.ts";
import { type HostOptions, LocalHost } from "../stacks/local/host.ts";
import { type CommandLine, defaultDataDirectory } from "./options.ts";

export type OpenedHost = {
  host: LocalHost;
  settings: Settings;
  model: HostOptions["model"] & { built: boolean };
  close(): Promise<void>;
};

type Choices = Pick<CommandLine, "model" | "memoryMB" | "dataDirectory"> & {
  /** Folder below the data directory; hosts of different kinds do not share one. */
  kind: string;
  /** Where another process has the data directory: work in a temporary one, instead of refusing. */
  temporaryIfBusy?: boolean;
} & Pick<HostOptions, "ports" | "onReport" | "onNotice">;

/** Reads the settings, makes sure of the model, and starts the embedded host. */
export async function openHost(choices: Choices): Promise<OpenedHost> {
  const fromEnvironment = readSettings(process.env);
  const settings: Settings = {
    ...fromEnvironment,
    WHISPER_MODEL: choices.model ?? fromEnvironment.WHISPER_MODEL,
    HALFGIG_INFER_MEMORY: choices.memoryMB ?? fromEnvironment.HALFGIG_INFER_MEMORY,
  };
  const base = choices.dataDirectory ?? defaultDataDirectory(process.env);
  const model = await resolveModel({
    id: settings.WHISPER_MODEL,
    modelsDirectory: settings.WHISPER_MODEL_PATH ?? join(base, "models"),
    precision: settings.USE_INT8_QUANTIZATION ? "int8" : "fp32",
    onProgress: (progress) => choices.onNotice?.(`building ${settings.WHISPER_MODEL}: ${describeProgress(progress)}`),
  });
  const options: HostOptions = {
    dataDirectory: join(base, choices.kind),
    settings,
    model,
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
  const temporary = await mkdtemp(join(tmpdir(), "halfgig-"));
  choices.onNotice?.("another halfgig uses the data directory; working in a temporary one, without reuse");
  const host = await LocalHost.open({ ...options, dataDirectory: temporary });
  const close = async () => {
    await host.close();
    await rm(temporary, { recursive: true, force: true });
  };
  return { host, settings, model, close };
}

function describeProgress(progress: unknown): string {
  return typeof progress === "string" ? progress : JSON.stringify(progress);
}
