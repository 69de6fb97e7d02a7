import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../../stacks/local/project-root.ts";
import { type DemoHost, openDemoHost } from "../e2e/support/demo-host.ts";
import { sample } from "../e2e/support/media.ts";

const run = promisify(execFile);
const tsc = join(projectRoot, "node_modules", "typescript", "bin", "tsc");
let demo: DemoHost;
let project: string;

/** Somebody else's project, with halfgig in its node_modules as a package has it: built, without sources. */
beforeAll(async () => {
  demo = await openDemoHost();
  await run(process.execPath, [join(projectRoot, "scripts", "build-client.ts")], { cwd: projectRoot });
  project = await mkdtemp(join(tmpdir(), "halfgig-package-test-"));
  const installed = join(project, "node_modules", "halfgig");
  await mkdir(join(installed, "dist"), { recursive: true });
  await cp(join(projectRoot, "package.json"), join(installed, "package.json"));
  await cp(join(projectRoot, "dist", "client"), join(installed, "dist", "client"), { recursive: true });
  for (const name of ["zod", "@aws-lambda-powertools", "@types"])
    await symlink(join(projectRoot, "node_modules", name), join(project, "node_modules", name));
  await writeFile(join(project, "package.json"), '{ "type": "module" }');
});
afterAll(async () => {
  await demo[Symbol.asyncDispose]();
  await rm(project, { recursive: true, force: true });
});

const program = `
import { openAsBlob } from "node:fs";
import { Halfgig } from "halfgig/client";
const [baseUrl = "", token = "", path = ""] = process.argv.slice(2);
const halfgig = new Halfgig({ baseUrl, token });
const { text, status } = await halfgig.transcribe(await openAsBlob(path), { fileName: "digits.mp4" });
console.log(status + ": " + text);
`;

describe("halfgig/client as a package", () => {
  it("runs in another project, as JavaScript", async () => {
    await writeFile(join(project, "program.js"), program);
    const { stdout } = await run(
      process.execPath,
      ["program.js", demo.host.url, demo.host.accessToken, sample.english],
      { cwd: project },
    );
    expect(stdout).toMatch(/^done: one two three four five six/);
  });

  it("has types that a strict compiler accepts, and that refuse what is wrong", async () => {
    await writeFile(join(project, "program.ts"), program);
    await writeFile(
      join(project, "wrong.ts"),
      program.replace("text, status", "txt, status").replace("+ text", "+ txt"),
    );
    const compile = (file: string) =>
      run(
        process.execPath,
        [
          tsc,
          "--noEmit",
          "--strict",
          "--skipLibCheck",
          "--module",
          "nodenext",
          "--target",
          "es2024",
          "--types",
          "node",
          file,
        ],
        { cwd: project },
      );
    await compile("program.ts");
    await expect(compile("wrong.ts")).rejects.toMatchObject({ stdout: expect.stringContaining("'txt'") });
  });
});
