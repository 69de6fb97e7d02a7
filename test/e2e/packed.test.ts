import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../../cli/client.ts";
import { readSettings } from "../../layers/core/index.ts";
import { type ResolvedModel, resolveModel } from "../../layers/models/index.ts";
import { type Packed, pack, unpackArtefacts } from "../../scripts/layers/index.ts";
import { functionSpecs } from "../../stacks/app/index.ts";
import { LocalHost } from "../../stacks/local/host.ts";
import { projectRoot } from "../../stacks/local/project-root.ts";
import { sample } from "./support/media.ts";
import { readTranscript, sendAndWait, textOf } from "./support/send.ts";

const arch = process.arch === "arm64" ? "arm64" : "x64";
const settings = readSettings({ WHISPER_MODEL: "demo" });
const specs = functionSpecs(settings);

let directory: string;
let unpacked: string;
let model: ResolvedModel;
let packed: Packed;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-packed-"));
  unpacked = join(directory, "unpacked");
  model = await resolveModel({ id: "demo", modelsDirectory: join(directory, "models"), precision: "int8" });
  packed = await pack({
    outputDirectory: join(directory, "dist"),
    specs,
    architectures: [arch],
    models: async () => ({ speech: model }),
    level: 0,
  });
  await unpackArtefacts(packed, specs, arch, unpacked);
}, 180_000);
afterAll(() => rm(directory, { recursive: true, force: true }));

describe("what is packed for Lambda", () => {
  it("transcribes from the unpacked zips, and loads nothing from the project", async () => {
    // The models that the layer was packed from are not there any more: only the layer's own can be used.
    await rm(join(directory, "models"), { recursive: true });
    await using host = await LocalHost.open({
      dataDirectory: join(directory, "data"),
      settings,
      model,
      artefacts: { unpacked },
    });
    const api = new ApiClient(host.url, host.accessToken);
    const job = await sendAndWait(api, sample.english);
    expect(job.status).toBe("done");
    expect(textOf(await readTranscript(api, job.jobId))).toContain("one two three");

    const files = await filesOf("infer");
    const opt = join(unpacked, "opt", "infer");
    expect(files.filter((file) => file.includes("libonnxruntime.so"))).toEqual([
      expect.stringContaining(join(opt, "nodejs/node_modules/onnxruntime-node/bin")),
    ]);
    expect(files.some((file) => file.startsWith(join(opt, "models", "demo")))).toBe(true);
    const fromProject = (await filesOf("infer", "split", "merge")).filter((file) => file.startsWith(projectRoot));
    // The node that runs them is Lambda's own there.
    expect(fromProject.filter((file) => !/\/node_modules\/node[^/]*\/bin\/node$/.test(file))).toEqual([]);
  });

  it("gives each function the layers of its description and no other", async () => {
    expect(await readdir(join(unpacked, "opt", "split"))).toEqual(["bin", "share"]);
    expect(await readdir(join(unpacked, "opt", "infer"))).toEqual(["models", "nodejs"]);
    expect(await readdir(join(unpacked, "opt", "merge"))).toEqual([]);
    expect(existsSync(join(unpacked, "functions", "merge", "index.cjs"))).toBe(true);
  });
});

/** Every file that the running processes of the functions have mapped or open. */
async function filesOf(...names: string[]): Promise<string[]> {
  const found = new Set<string>();
  let processes = 0;
  for (const pid of (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry))) {
    const variables = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    const roots = names.map((name) => `LAMBDA_TASK_ROOT=${join(unpacked, "functions", name)}`);
    if (!variables.split("\0").some((variable) => roots.includes(variable))) continue;
    const maps = await readFile(`/proc/${pid}/maps`, "utf8").catch(() => "");
    for (const [path] of maps.matchAll(/\/.*$/gm)) found.add(path);
    processes++;
  }
  expect(processes).toBeGreaterThan(0);
  return [...found];
}
