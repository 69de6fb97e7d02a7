import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Checkpoint } from "./checkpoint.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-checkpoint-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** One float32 matrix of two rows in a file of its own. */
async function writeShard(fileName: string, name: string, values: number[]): Promise<void> {
  const header = { [name]: { dtype: "F32", shape: [2, values.length / 2], data_offsets: [0, values.length * 4] } };
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const data = Buffer.from(Float32Array.from(values).buffer);
  await writeFile(join(directory, fileName), Buffer.concat([length, text, data]));
}

const writeIndex = (weight_map: Record<string, string>) =>
  writeFile(join(directory, "model.safetensors.index.json"), JSON.stringify({ weight_map }));

describe("Checkpoint", () => {
  it("finds weights across the shards that an index names", async () => {
    await writeShard("model-00001-of-00002.safetensors", "first", [1, 2, 3, 4]);
    await writeShard("model-00002-of-00002.safetensors", "second", [5, 6]);
    await writeIndex({ first: "model-00001-of-00002.safetensors", second: "model-00002-of-00002.safetensors" });
    await using checkpoint = await Checkpoint.open(directory);
    expect([...(await checkpoint.read("first", [2, 2]))]).toEqual([1, 2, 3, 4]);
    expect([...(await checkpoint.readRows("first", 1, 2))]).toEqual([3, 4]);
    expect([...(await checkpoint.read("second"))]).toEqual([5, 6]);
    expect(() => checkpoint.info("second", [2, 2])).toThrow(/has the shape \[2,1\] where its config needs \[2,2\]/);
    expect(() => checkpoint.info("third")).toThrow(/third is not in it/);
  });

  it("refuses an index that leads out of the folder", async () => {
    await writeIndex({ first: "../elsewhere.safetensors" });
    await expect(Checkpoint.open(directory)).rejects.toMatchObject({ code: "model.invalid" });
  });

  it("says so when there are no weights", async () => {
    await expect(Checkpoint.open(directory)).rejects.toMatchObject({ code: "model.missing" });
  });
});
