import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { MediaError } from "../core/index.ts";
import { exists, hashWeights } from "./checkpoint.ts";
import { checkFile, expectedFile } from "./expected-file.ts";
import { isBuildOf, readBuilds } from "./library.ts";
import { readLock } from "./lock-file.ts";
import { kindOf } from "./model-kind.ts";
import { parseModelName } from "./names.ts";
import { checkpointDirectory } from "./registry.ts";

export type VerifyProblem = {
  readonly path: string;
  /** What is wrong, as the end of a sentence that begins with the path. */
  readonly problem: string;
  readonly advice: string;
};

export type Verification = {
  readonly id: string;
  /** Files that were read whole and are what they should be. */
  readonly soundFiles: number;
  readonly soundBytes: number;
  /** Files of the checkpoint that nobody has vouched for: neither pinned nor locked. */
  readonly unvouched: readonly string[];
  readonly problems: readonly VerifyProblem[];
};

/**
 * Reads every file of a model and compares its SHA-256: the checkpoint with the registry and the lock file, graphs with their
 * manifest, and graphs with the checkpoint that they say they were built from.
 * @throws MediaError `model.missing` when neither a checkpoint nor graphs are here
 */
export async function verifyModel(options: { name: string; modelsDirectory: string }): Promise<Verification> {
  const { modelsDirectory } = options;
  const { id, known } = parseModelName(options.name);
  const locked = (await readLock(modelsDirectory))[id];
  const checkpoint = checkpointDirectory(modelsDirectory, id);
  const builds = (await readBuilds(modelsDirectory)).filter((build) => isBuildOf(build, id));
  const present = await exists(checkpoint);
  if (!present && builds.length === 0 && !locked) {
    throw new MediaError(
      "model.missing",
      `${id} is not in ${modelsDirectory}. \`halfgig models pull ${id}\` fetches it.`,
    );
  }
  const report = { id, soundFiles: 0, soundBytes: 0, unvouched: [] as string[], problems: [] as VerifyProblem[] };
  const judge = async (path: string, expected: Parameters<typeof checkFile>[1], advice: string): Promise<void> => {
    const found = await checkFile(path, expected);
    if (typeof found === "string") report.problems.push({ path, problem: found, advice });
    else {
      report.soundFiles++;
      report.soundBytes += found.sizeBytes;
    }
  };
  if (present || locked) {
    const listed = [
      ...(known?.files ?? []).filter(({ ifIncomplete }) => !ifIncomplete).map(({ name }) => name),
      ...Object.keys(locked?.files ?? {}),
    ];
    const advice = `\`halfgig models pull ${id}\` fetches it again.`;
    for (const name of new Set([...listed, ...(present ? await readdir(checkpoint) : [])])) {
      const expected = expectedFile(name, known, locked, id);
      if (expected) await judge(join(checkpoint, name), expected, advice);
      else if (await exists(join(checkpoint, name))) report.unvouched.push(name);
      else report.problems.push({ path: join(checkpoint, name), problem: "is not there", advice });
    }
  }
  const weightsSha256 = present
    ? await kindOf(known)
        .findWeightPaths(checkpoint)
        .then(hashWeights, () => undefined)
    : undefined;
  const rebuild = `\`halfgig models build ${id}\` builds it again.`;
  for (const { directory, manifest } of builds) {
    if (!manifest) {
      report.problems.push({ path: directory, problem: "is incomplete or of another version", advice: rebuild });
      continue;
    }
    for (const [name, expected] of Object.entries(manifest.files)) {
      await judge(
        join(directory, name),
        expected,
        `\`halfgig models build ${id} --precision ${manifest.precision}\` builds it again.`,
      );
    }
    if (weightsSha256 !== undefined && manifest.checkpointSha256 !== weightsSha256) {
      const problem = "was built from other weights than those in the model's folder";
      report.problems.push({
        path: directory,
        problem,
        advice: `\`halfgig models rm ${id} --builds\` removes it; it is built again when needed.`,
      });
    }
  }
  return report;
}

/** Deletes the graphs of a model that are not what their manifest says, so that they are built again. @returns how many */
export async function dropDamagedBuilds(options: { name: string; modelsDirectory: string }): Promise<number> {
  const { id } = parseModelName(options.name);
  let dropped = 0;
  for (const build of await readBuilds(options.modelsDirectory)) {
    if (!isBuildOf(build, id)) continue;
    let sound = build.manifest !== undefined;
    for (const [name, expected] of Object.entries(build.manifest?.files ?? {})) {
      sound &&= typeof (await checkFile(join(build.directory, name), expected)) === "object";
    }
    if (sound) continue;
    await rm(build.directory, { recursive: true, force: true });
    dropped++;
  }
  return dropped;
}
