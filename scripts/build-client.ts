/** Builds `halfgig/client` as JavaScript with its types into dist/client: `npm run build:client`. Packing the project does it. */
import { spawnSync } from "node:child_process";
import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { withEsbuild } from "../stacks/local/esbuild.ts";
import { projectRoot } from "../stacks/local/project-root.ts";

const outputFolder = join(projectRoot, "dist", "client");
await rm(outputFolder, { recursive: true, force: true });
await withEsbuild({}, (build) =>
  build({
    absWorkingDir: projectRoot,
    entryPoints: ["client/index.ts"],
    outfile: join(outputFolder, "index.js"),
    bundle: true,
    format: "esm",
    // For browsers and every runtime with fetch; minified code would make poor stack traces.
    platform: "neutral",
    target: "es2022",
    mainFields: ["module", "main"],
    external: ["zod"],
    logLevel: "error",
  }),
);
const tsc = join(projectRoot, "node_modules", "typescript", "bin", "tsc");
const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.client.json"], {
  cwd: projectRoot,
  stdio: "inherit",
});
if (status !== 0) throw new Error("The client's types could not be made.");
const { exports } = JSON.parse(await readFile(join(projectRoot, "package.json"), "utf8"));
const { types, default: code } = exports["./client"];
for (const path of [types, code]) console.log(`${path} ${(await stat(join(projectRoot, path))).size} bytes`);
