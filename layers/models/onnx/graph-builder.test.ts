import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ExternalDataWriter, GraphBuilder, WeightStore } from "./index.ts";

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
      const graph = new GraphBuilder("m", new WeightStore(data));
      const x = graph.input("x", ["batch", 2]);
      const small = await graph.weight("small", "float32", [2, 3], async () => Float32Array.of(1, 0, 0, 0, 1, 0));
      const first = await graph.weight("first", "float32", [400], async () => new Float32Array(400).fill(0.5));
      const second = await graph.weight("second", "float32", [3, 400], async () =>
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

  it("shares the weights of one store between graphs, and writes branches", async () => {
    const source = async () => new Float32Array(500).fill(3);
    {
      await using data = await ExternalDataWriter.create(join(directory, "shared.data"));
      const store = new WeightStore(data);
      for (const name of ["a", "b"]) {
        const graph = new GraphBuilder(name, store);
        const x = graph.input("x", [500]);
        const yes = graph.input("yes", [1], "bool");
        const weight = await graph.weight("weight", "float32", [500], source);
        const branches = (["Add", "Sub"] as const).map((op) => {
          const branch = graph.branch(op);
          branch.output(branch.node(op, [x, weight]), [500]);
          return branch.asAttribute();
        });
        const attributes = { then_branch: branches[0]!, else_branch: branches[1]! };
        graph.node("If", [yes], { attributes, outputs: ["y"] });
        graph.output("y", [500]);
        await graph.writeTo(join(directory, `${name}.onnx`));
      }
    }
    expect((await stat(join(directory, "shared.data"))).size).toBe(2000);
    const session = await InferenceSession.create(join(directory, "b.onnx"));
    const x = new Tensor("float32", new Float32Array(500).fill(10), [500]);
    const run = async (yes: boolean) => (await session.run({ x, yes: new Tensor("bool", [yes], [1]) })).y!.data[0];
    const results = [await run(true), await run(false)];
    await session.release();
    expect(results).toEqual([13, 7]);
  });
});
