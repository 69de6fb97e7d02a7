import { MediaError } from "../core/index.ts";
import { type KnownModel, knownModels } from "./registry.ts";

/** What a model's name, as a person writes it, stands for. */
export type ModelName = {
  /** Name of the model's folder, and what transcripts call it. */
  readonly id: string;
  readonly known?: KnownModel;
  /** Where the model is published; absent for the demo model and for folders of one's own. */
  readonly repo?: string;
  /** The commit, branch or tag that was asked for. */
  readonly revision?: string;
};

/** Fetched for its licence; nothing is built from it. */
export const modelCardName = "README.md";

/** The folder of built models is a sibling of the models. */
export const builtFolder = "built";

// The hub's own rules for names, which forbid ".." and "--".
const repoPattern = /^[a-z0-9][\w.-]{0,95}\/[a-z0-9][\w.-]{0,95}$/i;
const revisionPattern = /^[a-z0-9][\w./-]{0,127}$/i;
const folderPattern = /^[a-z0-9][\w.-]*$/i;

/**
 * Reads `whisper-tiny` (a name from the registry), `owner/name` or `owner/name@revision` (a repository of the hub), or the name
 * of a folder below the models' directory. `openai/whisper-tiny` is the registry's whisper-tiny.
 * @throws MediaError `config.invalid`
 */
export function parseModelName(text: string): ModelName {
  const [name = "", revision, ...more] = text.split("@");
  const known = knownModels.get(name.replace(/^openai\//, ""));
  if (known?.repo && revision === undefined) return { id: known.id, known, repo: known.repo };
  if (known && name === known.id && revision === undefined) return { id: name, known };
  const isRepo = repoPattern.test(name) && !/\.\.|--/.test(name);
  if (isRepo && more.length === 0 && (revision === undefined || isRevision(revision))) {
    return { id: name.replace("/", "--"), repo: name, ...(revision === undefined ? {} : { revision }) };
  }
  if (folderPattern.test(name) && name !== builtFolder && revision === undefined) return ownFolder(name);
  throw new MediaError(
    "config.invalid",
    `${JSON.stringify(text)} is not a model's name. Known: ${knownIds()}; others are written owner/name or owner/name@revision.`,
  );
}

/** The folder of a repository carries the repository in its name. */
function ownFolder(id: string): ModelName {
  const repo = id.replace("--", "/");
  return repo !== id && repoPattern.test(repo) && !repo.includes("--") ? { id, repo } : { id };
}

function isRevision(text: string): boolean {
  return revisionPattern.test(text) && !text.includes("..") && !text.includes("//");
}

export function knownIds(): string {
  return [...knownModels.keys()].join(", ");
}
