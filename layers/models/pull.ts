import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { MediaError } from "../core/index.ts";
import { exists, findWeightPaths, indexFileName, isWeightFile, weightsFileName } from "./checkpoint.ts";
import { takeTurn } from "./exclusive.ts";
import { checkFile, expectedFile } from "./expected-file.ts";
import {
  type DownloadProgress,
  downloadFile,
  type Expectation,
  forgetReceipt,
  type HubSettings,
  type ModelSource,
  openSource,
} from "./hub/index.ts";
import { type LockedModel, lockFileName, pullingFolder, readLock, updateLock } from "./lock-file.ts";
import { kindOf } from "./model-kind.ts";
import { knownIds, type ModelName, modelCardName, parseModelName } from "./names.ts";
import { isShipped } from "./registry.ts";
import { holdsWholeDetector } from "./voice-build.ts";

export type PullOptions = {
  /** A known id, or `owner/name[@revision]` of any Whisper on the hub. */
  readonly name: string;
  readonly modelsDirectory: string;
  readonly hub: HubSettings;
  /** Take what is published now, where it differs from what is locked. */
  readonly update?: boolean;
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Called when another process is at the same model, with its description. */
  readonly onWait?: (owner: string) => void;
  readonly freeBytes?: (directory: string) => Promise<number>;
  readonly signal?: AbortSignal;
};

export type PulledModel = {
  readonly id: string;
  /** The checkpoint's folder. */
  readonly directory: string;
  readonly locked: LockedModel;
  /** 0 when everything was there already. */
  readonly downloadedBytes: number;
};

const optionalFileNames = ["tokenizer_config.json", "special_tokens_map.json"];

/** Bounds for files whose size nobody has pinned: the largest Whisper has 6.2 GB of weights, its tokenizer 4 MB. */
const mostWeightBytes = 16 * 2 ** 30;
const mostOtherBytes = 32 * 2 ** 20;

/**
 * Fetches a model's checkpoint from the hub, or the mirror folder, into `<modelsDirectory>/<id>/`, and locks what it got. Files that
 * are there and right are kept; an interrupted pull goes on. A second process waits for the first and finds its files.
 * @throws MediaError `model.changed` where the hub's files are not the locked ones, `model.invalid`, `model.gated`,
 * `model.not_published`, `model.hub_unreachable`, `model.no_space`, `config.invalid`
 */
export async function pullModel(options: PullOptions): Promise<PulledModel> {
  const name = parseModelName(options.name);
  const { id, repo } = name;
  if (isShipped(id)) {
    throw new MediaError("config.invalid", `The model ${id} comes with halfgig; there is nothing to pull.`);
  }
  if (repo === undefined) {
    throw new MediaError(
      "model.missing",
      `halfgig does not know where ${id} is published. Known: ${knownIds()}; others are written owner/name or owner/name@revision.`,
    );
  }
  const { modelsDirectory, onWait, signal } = options;
  const turn = join(modelsDirectory, pullingFolder, `${id}.turn`);
  await using _ = await takeTurn(turn, { ...(onWait ? { onWait } : {}), ...(signal ? { signal } : {}) });
  const locked = (await readLock(modelsDirectory))[id];
  const pull = new Pull(options, { ...name, repo }, openSource(options.hub), locked);
  return await pull.run();
}

class Pull {
  readonly #options: PullOptions;
  readonly #name: ModelName & { repo: string };
  readonly #source: ModelSource;
  readonly #locked: LockedModel | undefined;
  readonly #directory: string;
  readonly #staging: string;
  readonly #files: LockedModel["files"] = {};
  #revision: string;
  /** Commits of other repositories that files came from. */
  readonly #companions = new Map<string, string>();
  #downloadedBytes = 0;

  constructor(
    options: PullOptions,
    name: ModelName & { repo: string },
    source: ModelSource,
    locked: LockedModel | undefined,
  ) {
    this.#options = options;
    this.#name = name;
    this.#source = source;
    this.#locked = locked;
    this.#directory = join(options.modelsDirectory, name.id);
    this.#staging = join(options.modelsDirectory, pullingFolder, name.id);
    const asked = name.revision ?? name.known?.revision;
    this.#revision = asked ?? (options.update ? undefined : locked?.revision) ?? "main";
  }

  async run(): Promise<PulledModel> {
    if (isCommit(this.#revision)) this.#requireLocked(this.#revision);
    await mkdir(this.#staging, { recursive: true });
    await this.#fetchConfig();
    await this.#requireBuildable();
    for (const name of kindOf(this.#name.known).configFileNames) if (name !== "config.json") await this.#fetch(name);
    const { known } = this.#name;
    const optional = known ? [] : [...optionalFileNames, modelCardName];
    for (const name of optional) await this.#fetchIfPublished(name);
    for (const { name, ifIncomplete } of known?.files ?? []) {
      if (name in this.#files || (ifIncomplete && (await this.#isComplete()))) continue;
      await this.#fetch(name);
    }
    if (!known) await this.#fetchWeights();
    const licence = known?.licence ?? (await this.#licenceOnCard());
    await this.#publish();
    return {
      id: this.#name.id,
      directory: this.#directory,
      locked: await this.#lock(licence),
      downloadedBytes: this.#downloadedBytes,
    };
  }

  /** Without `update` a pull brings the locked model or nothing. */
  #requireLocked(revision: string): void {
    const locked = this.#locked;
    const { id, repo } = this.#name;
    if (!locked || this.#options.update || (locked.repo === repo && locked.revision === revision)) return;
    throw new MediaError(
      "model.changed",
      `${id} is locked to ${locked.repo} at revision ${locked.revision} (pulled ${locked.pulledAt.slice(0, 10)}), and this would ` +
        `bring ${repo} at revision ${revision}. \`halfgig models pull ${this.#options.name} --update\` replaces it.`,
    );
  }

  /** The first file. Where a branch is asked for, its answer says which commit that is, so it is always asked for. */
  async #fetchConfig(): Promise<void> {
    const name = "config.json";
    if (isCommit(this.#revision) || this.#companionOf(name)) return this.#fetch(name);
    await forgetReceipt(join(this.#staging, name));
    await this.#download(name, undefined);
    const locked = this.#lockedFile(name);
    if (!locked || locked.sha256 === this.#files[name]?.sha256) return;
    const { repo } = this.#name;
    throw new MediaError(
      "model.changed",
      `${name} of ${repo} at ${this.#revision} is not the one in ${lockFileName}. \`halfgig models pull ${this.#options.name} --update\` ` +
        "takes what is published now.",
    );
  }

  /** One file: kept where it is right already, else fetched into the staging folder. */
  async #fetch(name: string): Promise<void> {
    const locked = this.#options.update ? undefined : this.#locked;
    const expected = expectedFile(name, this.#name.known, locked, this.#options.name);
    const kept = expected && (await checkFile(join(this.#directory, name), expected));
    if (typeof kept === "object") this.#files[name] = kept;
    else await this.#download(name, expected);
  }

  async #download(name: string, expected: Expectation | undefined): Promise<void> {
    const { hub, onProgress, freeBytes, signal } = this.#options;
    const companion = this.#companionOf(name);
    const file = await downloadFile({
      source: this.#source,
      repo: companion ?? this.#name.repo,
      revision: companion === undefined ? this.#revision : (this.#companions.get(companion) ?? "main"),
      name,
      path: join(this.#staging, name),
      maximumBytes: isWeightFile(name) && name !== indexFileName ? mostWeightBytes : mostOtherBytes,
      patience: hub.patience,
      ...(expected ? { expected } : {}),
      ...(onProgress ? { onProgress } : {}),
      ...(freeBytes ? { freeBytes } : {}),
      ...(signal ? { signal } : {}),
    });
    this.#downloadedBytes += file.downloadedBytes;
    this.#files[name] = { sizeBytes: file.sizeBytes, sha256: file.sha256 };
    if (file.commit === undefined) return;
    if (companion === undefined) this.#pin(file.commit);
    // Files of one repository are of one commit; later pulls know them by their hashes.
    else this.#companions.set(companion, file.commit);
  }

  /** The repository of a file that is published by somebody else than the model. */
  #companionOf(name: string): string | undefined {
    return this.#name.known?.files.find((file) => file.name === name)?.repo;
  }

  /** Whether a detector's own file has all weights; it may hold its head alone. */
  async #isComplete(): Promise<boolean> {
    const weights = Object.keys(this.#files).filter(isWeightFile);
    const paths = await Promise.all(weights.map(async (name) => join(await this.#folderOf(name), name)));
    return holdsWholeDetector(join(await this.#folderOf("config.json"), "config.json"), paths);
  }

  /** The first answer turns a branch into a commit; all files are then of that one commit. */
  #pin(commit: string): void {
    if (commit === this.#revision) return;
    if (isCommit(this.#revision)) {
      throw new MediaError(
        "model.invalid",
        `${this.#source.description} was asked for ${this.#name.repo} at revision ${this.#revision} and answers with ${commit}. ` +
          "Nothing of it was used. Check HF_ENDPOINT.",
      );
    }
    this.#requireLocked(commit);
    this.#revision = commit;
  }

  async #fetchIfPublished(name: string): Promise<boolean> {
    try {
      await this.#fetch(name);
      return true;
    } catch (error) {
      if (!(error instanceof MediaError) || error.code !== "model.not_published") throw error;
      if (this.#lockedFile(name)) throw error;
      await rm(join(this.#staging, `${name}.part`), { force: true });
      return false;
    }
  }

  /** One file, or the shards that an index names. */
  async #fetchWeights(): Promise<void> {
    const sharded = this.#lockedFile(indexFileName) !== undefined;
    if (!sharded && (await this.#fetchIfPublished(weightsFileName))) return;
    await this.#fetch(indexFileName);
    for (const path of await findWeightPaths(await this.#folderOf(indexFileName))) await this.#fetch(basename(path));
  }

  #lockedFile(name: string): LockedModel["files"][string] | undefined {
    return this.#options.update ? undefined : this.#locked?.files[name];
  }

  /** Hundreds of megabytes of something else are not worth fetching. */
  async #requireBuildable(): Promise<void> {
    const path = join(await this.#folderOf("config.json"), "config.json");
    const schema = z.object({ model_type: z.string() });
    const parsed = schema.safeParse(parseJson(await readFile(path, "utf8")));
    const { known } = this.#name;
    const { modelTypes } = kindOf(known);
    if (parsed.data && modelTypes.includes(parsed.data.model_type)) return;
    const what = parsed.data ? `of the type ${JSON.stringify(parsed.data.model_type)}` : "without a type";
    await rm(this.#staging, { recursive: true, force: true });
    throw new MediaError(
      "model.invalid",
      `${this.#name.repo} is a model ${what}; halfgig builds ${
        known?.kind === "embedding"
          ? `embedding models of the type ${modelTypes.join(" and ")}`
          : known?.kind === "voice"
            ? `detectors of the types ${modelTypes.join(" and ")}`
            : 'those of the type "whisper" with weights in safetensors'
      }.`,
    );
  }

  /** The `license` in the model card's front matter: https://huggingface.co/docs/hub/model-cards#model-card-metadata. */
  async #licenceOnCard(): Promise<string> {
    if (!(modelCardName in this.#files)) return "unknown";
    const text = await readFile(join(await this.#folderOf(modelCardName), modelCardName), "utf8");
    const frontMatter = /^---\r?\n(.*?)\r?\n---/s.exec(text)?.[1] ?? "";
    return /^license:\s*["']?([\w.+-]{1,64})/m.exec(frontMatter)?.[1] ?? "unknown";
  }

  async #folderOf(name: string): Promise<string> {
    return (await exists(join(this.#staging, name))) ? this.#staging : this.#directory;
  }

  /** A new checkpoint appears in one step; one that is mended gets its files one by one. */
  async #publish(): Promise<void> {
    for (const name of await readdir(this.#staging)) {
      if (!(name in this.#files) && !name.endsWith(".part.json")) await rm(join(this.#staging, name), { force: true });
    }
    for (const name of Object.keys(this.#files)) await forgetReceipt(join(this.#staging, name));
    if (!(await exists(this.#directory))) return rename(this.#staging, this.#directory);
    // Weights under another name would be taken for the model's.
    for (const name of await readdir(this.#directory)) {
      if (isWeightFile(name) && !(name in this.#files)) await rm(join(this.#directory, name));
    }
    for (const name of Object.keys(this.#files)) {
      const staged = join(this.#staging, name);
      if (await exists(staged)) await rename(staged, join(this.#directory, name));
    }
    await rm(this.#staging, { recursive: true, force: true });
  }

  async #lock(licence: string): Promise<LockedModel> {
    const files = Object.fromEntries(Object.entries(this.#files).sort(([a], [b]) => (a < b ? -1 : 1)));
    const { repo, id } = this.#name;
    const locked = this.#locked;
    const now = { repo, revision: this.#revision, licence, files };
    if (locked && isDeepStrictEqual({ ...now, source: locked.source, pulledAt: locked.pulledAt }, locked))
      return locked;
    const entry = { ...now, source: this.#source.description, pulledAt: new Date().toISOString() };
    await updateLock(this.#options.modelsDirectory, id, entry);
    return entry;
  }
}

function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
