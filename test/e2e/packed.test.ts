import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../../cli/client.ts";
import { readSettings } from "../../layers/core/index.ts";
import {
  buildEmbeddingModel,
  buildVoiceModel,
  type EmbeddingManifest,
  type ResolvedModel,
  resolveModel,
} from "../../layers/models/index.ts";
import { voiceReportSchema } from "../../layers/voice/index.ts";
import { type Packed, pack, unpackArtefacts } from "../../scripts/layers/index.ts";
import { functionSpecs } from "../../stacks/app/index.ts";
import { packedModels, travellingModel } from "../../stacks/aws/artefacts.ts";
import { cloudSettings } from "../../stacks/aws/deployment.ts";
import { LocalHost } from "../../stacks/local/host.ts";
import { projectRoot } from "../../stacks/local/project-root.ts";
import { readEmbeddingGolden, writeSeededEmbeddingCheckpoint } from "../parity/embedding-checkpoint.ts";
import { writeSeededVoiceCheckpoint } from "../parity/voice-checkpoint.ts";
import { sample } from "./support/media.ts";
import { readTranscript, sendAndWait, textOf } from "./support/send.ts";

const arch = process.arch === "arm64" ? "arm64" : "x64";
const lambdaArch = arch === "x64" ? "x86_64" : "arm64";
const environment = { WHISPER_MODEL: "demo", VOICE_MODEL: "xlsr" };
const settings = readSettings(environment);
const specs = functionSpecs(settings);

let directory: string;
let unpacked: string;
let model: ResolvedModel;
let embedding: EmbeddingManifest;
let packed: Packed;

/** Models of the published architectures with random weights: the embedding's in its true size, the detector small. */
async function buildSeeded() {
  const checkpoint = (name: string) => join(directory, "models", name);
  const identity = { revision: "seeded", licence: "MIT", demo: false };
  const precision = "int8" as const;
  const { vocabulary } = (await readEmbeddingGolden()).wordPieces;
  await writeSeededEmbeddingCheckpoint(checkpoint("embedding"), vocabulary);
  const minilm = { checkpointDirectory: checkpoint("embedding"), outputDirectory: checkpoint("built-embedding") };
  await writeSeededVoiceCheckpoint(checkpoint("voice"), "xlsrSmall");
  const xlsr = { checkpointDirectory: checkpoint("voice"), outputDirectory: checkpoint("built-voice") };
  const built = {
    embedding: await buildEmbeddingModel({
      ...minilm,
      precision,
      identity: { ...identity, id: "all-MiniLM-L6-v2" },
    }),
    voice: await buildVoiceModel({ ...xlsr, precision, identity: { ...identity, id: "xlsr-pellav2" } }),
  };
  return {
    embedding: { directory: minilm.outputDirectory, manifest: built.embedding },
    voice: { directory: xlsr.outputDirectory, manifest: built.voice, travels: true },
  };
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-packed-"));
  unpacked = join(directory, "unpacked");
  model = await resolveModel({ id: "demo", modelsDirectory: join(directory, "models"), precision: "int8" });
  const { embedding: minilm, voice } = await buildSeeded();
  embedding = minilm.manifest;
  packed = await pack({
    outputDirectory: join(directory, "dist"),
    specs,
    architectures: [arch],
    models: async () => ({ speech: model, embedding: minilm, voice }),
    level: 0,
  });
  await unpackArtefacts(packed, specs, arch, unpacked);
}, 180_000);
afterAll(() => rm(directory, { recursive: true, force: true }));

describe("what is packed for Lambda", () => {
  it("transcribes, judges voices and searches from the unpacked zips, and loads nothing from the project", async () => {
    // The models that were packed are not there any more: only what was packed can be used.
    await rm(join(directory, "models"), { recursive: true });
    const travelling = travellingModel(directory, cloudSettings(environment), lambdaArch);
    await using host = await LocalHost.open({
      dataDirectory: join(directory, "data"),
      settings,
      model,
      embedding: { directory: join(directory, "models", "gone"), manifest: embedding },
      voice: travelling && { directory: join(directory, travelling.folder), manifest: travelling.manifest },
      artefacts: { unpacked },
    });
    const api = new ApiClient(host.url, host.accessToken);
    const job = await sendAndWait(api, sample.english, { tasks: ["transcribe", "voice"], voiceModel: "xlsr" });
    expect(job.error?.message ?? job.status).toBe("done");
    expect(textOf(await readTranscript(api, job.jobId))).toContain("one two three");
    const { model: detector } = voiceReportSchema.parse(JSON.parse(await api.voice(job.jobId)));
    expect(detector).toMatchObject({ id: "xlsr-pellav2", revision: "seeded" });

    const found = await passagesOf(host, job.jobId);
    expect(found.embedding.id).toMatch(/^all-MiniLM-L6-v2@/);
    expect(found.passages[0]?.text).toContain("one two three");
    const searching = await filesOf("search");
    expect(searching.some((file) => file.startsWith(join(unpacked, "opt/search/models/all-MiniLM-L6-v2")))).toBe(true);

    const files = await filesOf("infer");
    const opt = join(unpacked, "opt", "infer");
    expect(files.filter((file) => file.includes("libonnxruntime.so"))).toEqual([
      expect.stringContaining(join(opt, "nodejs/node_modules/onnxruntime-node/bin")),
    ]);
    expect(files.some((file) => file.startsWith(join(opt, "models", "demo")))).toBe(true);
    const fromProject = (await filesOf("infer", "split", "merge", "search")).filter((file) =>
      file.startsWith(projectRoot),
    );
    // The node that runs them is Lambda's own there, and the file that search keeps its passages in is this host's.
    const hosts = /\/node_modules\/(?:node[^/]*\/bin\/node|sqlite-vec-[^/]*\/vec0\.so)$/;
    expect(fromProject.filter((file) => !hosts.test(file))).toEqual([]);
  });

  it("gives each function the layers of its description and no other", async () => {
    expect(await readdir(join(unpacked, "opt", "split"))).toEqual(["bin", "nodejs", "share", "silero"]);
    expect(await readdir(join(unpacked, "opt", "infer"))).toEqual(["models", "nodejs", "silero"]);
    expect(await readdir(join(unpacked, "opt", "merge"))).toEqual([]);
    // Neither carries the other's model.
    expect(await readdir(join(unpacked, "opt", "infer", "models"))).toEqual(["demo"]);
    expect(await readdir(join(unpacked, "opt", "search", "models"))).toEqual(["all-MiniLM-L6-v2"]);
    expect(existsSync(join(unpacked, "functions", "merge", "index.cjs"))).toBe(true);
  });

  it("needs no layer for search by spelling", async () => {
    const spelling = functionSpecs(readSettings({ ...environment, EMBEDDING_MODEL: "lexical" }));
    expect(spelling.search.layers).toEqual([]);
    const bundle = join(unpacked, "functions", "search", "index.cjs");
    const { NODE_PATH: _, ...env } = process.env;
    const script = `console.log(typeof require(${JSON.stringify(bundle)}).handler)`;
    const { stdout } = await promisify(execFile)(process.execPath, ["-e", script], { cwd: directory, env });
    expect(stdout).toBe("function\n");
  });

  it("is what a deployment with the same settings finds", async () => {
    const { voice, ...others } = packedModels(
      directory,
      cloudSettings({ ...environment, SEARCH_INDEX: "s3vectors" }),
      lambdaArch,
    );
    expect(others).toMatchObject({ speech: { id: "demo" }, embedding: { id: "all-MiniLM-L6-v2" } });
    expect(voice?.id).toBe("xlsr-pellav2");
  });

  it("is refused where search is to have a model, and there is none", async () => {
    const without = pack({
      outputDirectory: join(directory, "other"),
      specs,
      architectures: [arch],
      models: async () => ({ speech: model }),
      level: 0,
    });
    await expect(without).rejects.toThrow(/halfgig models pull all-MiniLM-L6-v2.*EMBEDDING_MODEL=lexical/);
    expect(existsSync(join(directory, "other", "layers", "layers.json"))).toBe(false);
  });
});

/** Waits for the step after the transcript. */
async function passagesOf(host: LocalHost, jobId: string) {
  for (;;) {
    const reply = await fetch(`${host.url}/v1/search?q=three&job=${jobId}`, {
      headers: { authorization: `Bearer ${host.accessToken}` },
    });
    expect(reply.status, await reply.clone().text()).toBe(200);
    const found = (await reply.json()) as { embedding: { id: string }; passages: { text: string }[] };
    if (found.passages.length > 0) return found;
    await sleep(100);
  }
}

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
