import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSettings } from "../../layers/core/index.ts";
import { type ModelManifest, resolveModel } from "../../layers/models/index.ts";
import { LocalHost } from "../../stacks/local/host.ts";
import { halfgig } from "./support/cli.ts";
import { sample } from "./support/media.ts";

let directory: string;
const asked: string[] = [];
const hub = createServer((request, response) => {
  asked.push(request.url ?? "");
  response.writeHead(500).end();
});
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-fit-"));
  await new Promise<void>((resolve) => hub.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  hub.close();
  await rm(directory, { recursive: true, force: true });
});

describe("a model that can never fit infer's allocation", () => {
  it("is refused before anything is downloaded or decoded, with what it needs and what to do", async () => {
    const data = join(directory, "cli");
    const { port } = hub.address() as AddressInfo;
    const { status, stdout, stderr } = await halfgig(
      [sample.english, "--model", "whisper-small", "--data", data, "--memory", "512"],
      {
        USE_INT8_QUANTIZATION: "false",
        HF_ENDPOINT: `http://127.0.0.1:${port}`,
        WHISPER_MODEL_PATH: join(data, "models"),
      },
    );
    expect(status).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/whisper-small \(fp32\) needs \d+ MiB and 416 of the 512 MiB allocation are free/);
    expect(stderr).toContain("Raise the function's memory or choose a smaller model");
    expect(asked).toEqual([]);
    expect(await readdir(data).catch(() => [])).toEqual([]);
  });

  it("is refused by the host before it takes a file, also where nobody has measured it", async () => {
    const model = await resolveModel({ id: "demo", modelsDirectory: join(directory, "models"), precision: "int8" });
    const manifest: ModelManifest = { ...model.manifest, id: "own", hiddenSize: 1280, layers: 32 };
    const open = LocalHost.open({
      dataDirectory: join(directory, "host"),
      settings: readSettings({}),
      model: { directory: model.directory, manifest },
    });
    await expect(open).rejects.toMatchObject({
      code: "memory.plan_does_not_fit",
      message: expect.stringMatching(/^own \(int8\) needs \d+ MiB/),
    });
    expect(await readdir(join(directory, "host")).catch(() => [])).toEqual([]);
  });
});
