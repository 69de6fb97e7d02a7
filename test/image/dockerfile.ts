import { execFile } from "node:child_process";
import { cp, mkdir, readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { promisify } from "node:util";

type Instruction = { name: string; rest: string };
export type Stage = { name: string; root: string; workdir: string; environment: Record<string, string> };

/** The instructions of a Dockerfile, continued lines joined, comments left out. */
export function parseDockerfile(text: string): Instruction[] {
  return text
    .replaceAll(/\\\n/g, " ")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => ({ name: line.split(/\s/)[0]!.toUpperCase(), rest: line.replace(/^\S+\s+/, "") }));
}

/**
 * Takes a Dockerfile's steps without Docker: every stage is a folder, COPY copies into it, and RUN runs in it with the stage's
 * folder in the place of `/data`. What needs another user (chown) is left out. The base image stands for the Node that runs this.
 * @returns the last stage
 */
export async function assemble(context: string, folder: string): Promise<{ stage: Stage; command: string[] }> {
  const stages: Stage[] = [];
  const command: Record<string, string[]> = {};
  const allowed = await buildContext(context);
  for (const { name, rest } of parseDockerfile(await readFile(join(context, "Dockerfile"), "utf8"))) {
    if (name === "FROM") {
      const alias = / AS (\S+)$/i.exec(rest)?.[1] ?? String(stages.length);
      const root = join(folder, alias);
      await mkdir(root, { recursive: true });
      stages.push({ name: alias, root, workdir: "/", environment: {} });
      continue;
    }
    const stage = stages.at(-1)!;
    if (name === "WORKDIR") {
      stage.workdir = rest;
      await mkdir(join(stage.root, rest), { recursive: true });
    } else if (name === "ENV") {
      for (const [, key, value] of rest.matchAll(/(\w+)=(\S+)/g)) stage.environment[key!] = value!;
    } else if (name === "COPY") await copy(rest, stage, stages, context, allowed);
    else if (name === "RUN") await run(rest, stage);
    else if (name === "ENTRYPOINT" || name === "CMD") command[name] = JSON.parse(rest) as string[];
    else if (!["USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "STOPSIGNAL"].includes(name))
      throw new Error(`unknown: ${name}`);
  }
  return { stage: stages.at(-1)!, command: [...(command.ENTRYPOINT ?? []), ...(command.CMD ?? [])] };
}

async function copy(
  rest: string,
  stage: Stage,
  stages: readonly Stage[],
  context: string,
  allowed: (path: string) => boolean,
): Promise<void> {
  const words = rest.split(/\s+/);
  const from = words[0]?.startsWith("--from=") ? words.shift()!.slice("--from=".length) : undefined;
  const target = words.pop()!;
  const source = stages.find(({ name }) => name === from);
  for (const word of words) {
    const path = source ? join(source.root, word) : join(context, word);
    const isFolder = target.endsWith("/");
    await cp(path, join(stage.root, stage.workdir, target, isFolder ? word : ""), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (each) => source !== undefined || allowed(relative(context, each)),
    });
  }
}

async function run(rest: string, stage: Stage): Promise<void> {
  const line = rest.replaceAll(/ && chown \S+ \S+/g, "").replaceAll(" /data", ` ${join(stage.root, "data")}`);
  const environment = { ...process.env, ...stage.environment };
  await promisify(execFile)("sh", ["-c", line], {
    cwd: join(stage.root, stage.workdir),
    env: environment,
    maxBuffer: 2 ** 24,
  });
}

/** .dockerignore as it is written here: everything out, some folders in, some patterns out again. */
async function buildContext(context: string): Promise<(path: string) => boolean> {
  const lines = (await readFile(join(context, ".dockerignore"), "utf8")).split("\n").filter(Boolean);
  const included = lines.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
  const excluded = lines.filter((line) => !line.startsWith("!") && line !== "*");
  const isOut = (path: string, pattern: string) =>
    pattern.startsWith("**/*") ? path.endsWith(pattern.slice(4)) : path === pattern || path.startsWith(`${pattern}/`);
  return (path) =>
    included.some((each) => path === each || path.startsWith(`${each}/`)) &&
    !excluded.some((each) => isOut(path, each));
}

/** Bytes below a folder. */
export async function sizeBytes(folder: string): Promise<number> {
  const { stat } = await import("node:fs/promises");
  let sum = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) sum += (await stat(join(entry.parentPath, entry.name))).size;
  return sum;
}
