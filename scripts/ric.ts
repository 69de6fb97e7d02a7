/**
 * Runs the function bundles by AWS's own Runtime Interface Client (aws-lambda-ric) against the embedded Runtime API: one whole job.
 * `npm run check:ric`. The client is compiled when it is installed, into .halfgig/ric; it stays there for the next time.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ApiClient } from "../cli/client.ts";
import { sendFile } from "../cli/send-file.ts";
import { functionsTable } from "../cli/tables.ts";
import { Tally } from "../cli/tally.ts";
import { readSettings } from "../layers/core/index.ts";
import { resolveModel } from "../layers/models/index.ts";
import { LocalHost } from "../stacks/local/host.ts";
import { projectRoot } from "../stacks/local/project-root.ts";

const version = "4.0.2";
const tools = ["cmake", "autoconf", "automake", "libtoolize", "make", "g++", "python3"];

/** @returns the client's entry file */
async function installClient(): Promise<string> {
  const folder = join(projectRoot, ".halfgig", "ric");
  const client = join(folder, "node_modules", "aws-lambda-ric");
  const entry = join(client, "index.mjs");
  if (existsSync(join(client, "rapid-client.node"))) return entry;
  const missing = tools.filter((tool) => spawnSync("sh", ["-c", `command -v ${tool}`]).status !== 0);
  if (missing.length > 0) {
    throw new Error(
      `aws-lambda-ric is compiled at installation, and ${missing.join(", ")} is not on this machine. On Debian: ` +
        "apt-get install cmake autoconf automake libtool make g++ python3",
    );
  }
  console.error(`installing aws-lambda-ric ${version} into ${folder}; compiling takes a minute or two`);
  await mkdir(folder, { recursive: true });
  // npm 12 runs the install scripts of those packages alone that are named here.
  await writeFile(join(folder, "package.json"), JSON.stringify({ allowScripts: { "aws-lambda-ric": true } }));
  const npm = spawnSync("npm", ["install", `aws-lambda-ric@${version}`, "--no-audit", "--no-fund"], { cwd: folder });
  if (npm.status !== 0 || !existsSync(join(client, "rapid-client.node"))) {
    throw new Error(`npm could not install aws-lambda-ric ${version}:\n${npm.stderr}${npm.stdout}`);
  }
  return entry;
}

async function runJob(clientEntry: string, directory: string): Promise<void> {
  const settings = readSettings({ WHISPER_MODEL: "demo" });
  const tally = new Tally();
  await using host = await LocalHost.open({
    dataDirectory: join(directory, "data"),
    settings,
    model: await resolveModel({ id: "demo", modelsDirectory: join(directory, "models"), precision: "int8" }),
    runtimeCommand: [process.execPath, clientEntry],
    onReport: (report) => tally.add(report),
  });
  const api = new ApiClient(host.url, host.accessToken);
  const { job } = await sendFile(api, join(projectRoot, "samples", "digits.mp4"), { job: {}, fresh: false });
  if (job.status !== "done") throw new Error(`The job ended as ${job.status}: ${JSON.stringify(job)}`);
  console.info(await api.transcript(job.jobId, "txt"));
  console.info(functionsTable(tally.functions));
  console.info(`\naws-lambda-ric ${version} ran every one of them.`);
}

const directory = await mkdtemp(join(tmpdir(), "halfgig-ric-"));
try {
  await runJob(await installClient(), directory);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}
