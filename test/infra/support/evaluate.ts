import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../../../stacks/local/project-root.ts";
import { writeArtefacts } from "./artefacts.ts";

/** A resource that the app declares, with its resolved inputs. Components have `custom` false. */
export type Resource = { type: string; name: string; custom: boolean; inputs: Record<string, unknown> };

/** What one run of sst.config.ts declares for a stage. */
export type Evaluation = {
  app: { name: string; stage: string; removal: string; protect: boolean };
  outputs: Record<string, unknown>;
  resources: Resource[];
  /** What SST's command would have been asked to bundle. */
  builds: { functionID: string; handler: string; bundle?: string; runtime: string; links: string[] }[];
  errors: string[];
};

/** In the file (from the project's folder), the first `from` becomes `to`. */
export type SourceEdit = { path: string; from: string; to: string };

export type EvaluateOptions = {
  /** Settings of the deployment. */
  environment?: Record<string, string>;
  /** Changes to the sources, made in memory: what the app would be with them. Each text has to be there. */
  edits?: SourceEdit[];
};

/**
 * Runs sst.config.ts with SST's real components against a mocked Pulumi engine, in a process of its own: Pulumi's runtime
 * is global state. No AWS, no credentials, no pulumi binary.
 * @throws Error with what the app itself threw
 */
export async function evaluate(stage: string, options: EvaluateOptions = {}): Promise<Evaluation> {
  // Inside .sst, so that what is built here finds SST's packages, and git none of it.
  const directory = await mkdtemp(join(projectRoot, ".sst/evaluation-"));
  try {
    await writeArtefacts(directory);
    const out = join(directory, "evaluation.json");
    const program = join(import.meta.dirname, "program.ts");
    const stderr = await runProgram(
      [program, projectRoot, directory, stage, out, JSON.stringify(options.edits ?? [])],
      options.environment ?? {},
    );
    const text = await readFile(out, "utf8").catch(() => "");
    if (text === "") throw new Error(`the app's evaluation ended without a result: ${stderr.slice(-4000)}`);
    const evaluation = JSON.parse(text) as Evaluation;
    if (evaluation.errors.length > 0) throw new Error(evaluation.errors.join("\n"));
    return evaluation;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function runProgram(args: string[], environment: Record<string, string>): Promise<string> {
  // The settings of whoever runs the tests are not those of the deployment under test.
  const { PATH = "", HOME = "" } = process.env;
  const env = { PATH, HOME, AWS_REGION: "eu-central-1", SST_SECRET_AccessToken: "a token", ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env, maxBuffer: 1 << 26, timeout: 280_000 }, (_error, _out, stderr) =>
      resolve(stderr),
    );
  });
}
