// One evaluation of sst.config.ts: node program.ts <project> <scratch> <stage> <result file> <edits>
import crypto from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Evaluation } from "./evaluate.ts";
import { startFakeCommand } from "./fake-command.ts";
import { fakeEngine } from "./fake-engine.ts";
import { bundleProgram, type ProgramPart } from "./program-bundle.ts";

const [root = "", scratch = "", stage = "", resultFile = "", edits = "[]"] = process.argv.slice(2);
const platform = join(root, ".sst/platform");

// SST makes physical names unique by random bytes; the same app has to give the same resources here.
crypto.randomBytes = ((size: number) => Buffer.alloc(size, 7)) as typeof crypto.randomBytes;

const files: string[] = [];
process.on("exit", () => {
  for (const file of files) for (const path of [file, `${file}.map`]) rmSync(path, { force: true });
});
async function load(part: ProgramPart): Promise<{ default: never }> {
  const file = await bundleProgram(root, part);
  files.push(file);
  return import(pathToFileURL(file).href);
}

const errors: string[] = [];
const keep = (error: unknown) => {
  errors.push(String((error as Error)?.stack ?? error));
  // Where the program ends before there is a result, this is what is left to read.
  console.error(error);
};
process.on("unhandledRejection", keep);
process.on("uncaughtException", keep);

// 1. app(), as the sst command calls it.
const config = JSON.stringify(join(root, "sst.config.ts"));
const { default: input } = (await load({
  name: "app",
  prelude: "function $config(input) { return input }",
  define: { $input: JSON.stringify({ stage }) },
  code: `import mod from ${config};\nexport default await mod.app($input);`,
})) as { default: Record<string, unknown> & { name: string; providers: { aws: { region: string } } } };
const $app = { removal: "retain", protect: false, ...input, stage } as Evaluation["app"];
const { region } = input.providers.aws;

// 2. What the components expect around them.
const { url, builds } = await startFakeCommand(scratch);
process.env.SST_SERVER = url;
process.env.SST_AWS_REGION = region;
const pulumi = createRequire(join(platform, "package.json"))("@pulumi/pulumi");
const { mocks, resources } = fakeEngine(pulumi, scratch, region);
await pulumi.runtime.setMocks(mocks, $app.name, stage, false, "organization");

// 3. run(), with the project's folder standing in the scratch folder: what was built is looked for there.
const paths = { home: join(scratch, "home"), root: scratch, work: scratch, platform };
const $cli = { command: "deploy", dev: false, paths, state: { version: {} } };
const providers = JSON.parse(readFileSync(join(root, ".sst/provider-lock.json"), "utf8")) as {
  alias: string;
  package: string;
}[];
const { default: run } = (await load({
  name: "run",
  define: { $app: JSON.stringify($app), $cli: JSON.stringify($cli), $dev: "false" },
  inject: [join(platform, "src/shim/run.js")],
  edits: JSON.parse(edits),
  globals: [
    ...providers.map((provider) => `import * as ${provider.alias} from "${provider.package}";`),
    `import * as sst from ${JSON.stringify(join(platform, "src/components"))};`,
  ].join("\n"),
  code: `import { run } from ${JSON.stringify(join(platform, "src/auto/run.ts"))};
    import mod from ${config};
    export default () => run(mod.run);`,
})) as { default: () => Promise<Record<string, unknown>> };

type Output = { promise?: () => Promise<unknown> } | undefined;
let outputs: Record<string, Output> = {};
pulumi.runtime.runInPulumiStack(run).then((result: typeof outputs) => {
  outputs = result ?? {};
}, keep);

// 4. Nothing left to wait for is the end of a Pulumi program.
process.once("beforeExit", async () => {
  const entries = Object.entries(outputs).map(async ([key, value]) => [
    key,
    value?.promise ? await value.promise() : value,
  ]);
  const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  const evaluation: Evaluation = {
    app: $app,
    outputs: Object.fromEntries(await Promise.all(entries)),
    resources: resources.sort((a, b) => order(a.type + a.name, b.type + b.name)),
    builds: builds.sort((a, b) => order(a.functionID, b.functionID)),
    errors,
  };
  writeFileSync(resultFile, JSON.stringify(evaluation));
  process.exit(errors.length > 0 ? 1 : 0);
});
