import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ExternalDataWriter, GraphBuilder } from "./index.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-onnx-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe("GraphBuilder", () => {
  it("writes a model that onnxruntime runs, with weights inside the file and beside it", async () => {
    const large = Float32Array.from({ length: 3 * 400 }, (_, index) => index);
    {
      await using data = await ExternalDataWriter.create(join(directory, "m.data"));
      const graph = new GraphBuilder("m", data);
      const x = graph.input("x", ["batch", 2]);
      const small = await graph.weight("small", "float32", [2, 3], Float32Array.of(1, 0, 0, 0, 1, 0));
      const first = await graph.weight("first", "float32", [400], new Float32Array(400).fill(0.5));
      const second = await graph.weightInChunks(
        "second",
        "float32",
        [3, 400],
        (async function* () {
          yield new Uint8Array(large.buffer, 0, 1600);
          yield new Uint8Array(large.buffer, 1600);
        })(),
      );
      const product = graph.node("MatMul", [graph.node("MatMul", [x, small]), second]);
      const sum = graph.node("Add", [product, first]);
      graph.node("LeakyRelu", [sum], { attributes: { alpha: { float: 0.25 } }, outputs: ["y"] });
      graph.output("y", ["batch", 400]);
      await graph.writeTo(join(directory, "m.onnx"));
    }
    // One page each for the two weights that are beside the file.
    expect((await stat(join(directory, "m.data"))).size).toBe(4096 + large.byteLength);

    const session = await InferenceSession.create(join(directory, "m.onnx"));
    const { y } = await session.run({ x: new Tensor("float32", [2, -3], [1, 2]) });
    await session.release();
    const expected = Array.from({ length: 400 }, (_, column) => {
      const value = 2 * large[column]! - 3 * large[400 + column]! + 0.5;
      return value < 0 ? value * 0.25 : value;
    });
    expect(y!.dims).toEqual([1, 400]);
    expect([...(y!.data as Float32Array)]).toEqual(expected);
  });
});
