import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { demoCheckpointDirectory } from "./registry.ts";
import { resolveModel } from "./resolve.ts";

let modelsDirectory: string;
beforeEach(async () => {
  modelsDirectory = await mkdtemp(join(tmpdir(), "halfgig-models-"));
});
afterEach(() => rm(modelsDirectory, { recursive: true, force: true }));

const resolve = (id: string, precision: "int8" | "fp32" = "int8") => resolveModel({ id, modelsDirectory, precision });

describe("resolveModel", () => {
  it("builds the demo model once, and tells precisions apart", async () => {
    const first = await resolve("demo");
    expect(first).toMatchObject({ built: true, manifest: { id: "demo", demo: true, precision: "int8" } });
    expect(await resolve("demo")).toEqual({ ...first, built: false });
    expect(await resolve("demo", "fp32")).toMatchObject({ built: true, manifest: { precision: "fp32" } });
  });

  it("builds again when a file of the built model is damaged", async () => {
    const { directory } = await resolve("demo");
    await writeFile(join(directory, "decoder.data"), "cut short");
    expect(await resolve("demo")).toMatchObject({ built: true, directory });
    expect(await resolve("demo")).toMatchObject({ built: false });
  });

  it("serves callers at the same time with one folder", async () => {
    const resolved = await Promise.all([resolve("demo"), resolve("demo")]);
    expect(resolved[0].directory).toBe(resolved[1].directory);
    expect(resolved[0].manifest).toEqual(resolved[1].manifest);
  });

  it("takes a checkpoint of one's own by the name of its folder, also when only what was built is left", async () => {
    await cp(demoCheckpointDirectory, join(modelsDirectory, "mine"), { recursive: true });
    const first = await resolve("mine");
    expect(first).toMatchObject({ built: true, manifest: { id: "mine", revision: "local", demo: false } });
    await rm(join(modelsDirectory, "mine"), { recursive: true });
    expect(await resolve("mine")).toEqual({ ...first, built: false });
  });

  it("refuses weights under a known name that are not the published ones", async () => {
    await cp(demoCheckpointDirectory, join(modelsDirectory, "whisper-tiny"), { recursive: true });
    await expect(resolve("whisper-tiny")).rejects.toMatchObject({
      code: "model.invalid",
      message: expect.stringMatching(/is not the file of openai\/whisper-tiny at revision 169d4a/),
    });
  });

  it("names both ways to get a model that is not there", async () => {
    const error = await resolve("whisper-tiny").catch((thrown) => thrown);
    expect(error.code).toBe("model.missing");
    expect(error.message).toContain("--model demo");
    expect(error.message).toContain(
      "https://huggingface.co/openai/whisper-tiny/resolve/169d4a4341b33bc18d8881c4b69c2e104e1cc0af/model.safetensors",
    );
    expect(error.message).toContain(join(modelsDirectory, "whisper-tiny"));
  });

  it("lists the known names when it is given another", async () => {
    await expect(resolve("whisper-huge")).rejects.toMatchObject({
      code: "model.missing",
      message: expect.stringContaining("whisper-base.en"),
    });
  });

  it.each(["../demo", "a/b/c", "a/../b", "a--b/c", "a/b@../c", "", ".", "..", ".pulling", "built"])(
    "refuses the name %j, which could leave its folder",
    async (id) => {
      await expect(resolve(id)).rejects.toMatchObject({ code: "config.invalid" });
    },
  );
});
