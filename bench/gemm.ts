import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Session, TensorMap } from "../layers/inference/index.ts";
import { bestWeightBytes, type Precision } from "../layers/models/index.ts";
import { LayerWriter } from "../layers/models/layer-writer.ts";
import { ExternalDataWriter, GraphBuilder, WeightStore } from "../layers/models/onnx/index.ts";
import { seeded } from "../test/parity/seeded.ts";

/** Rows, inner and outer size of the product: those of an encoder with wide layers, large enough that the edges do not count. */
const rows = 1536;
const width = 1536;

/** One product in the library's own kernel, ready to be run again and again. */
export type Gemm = AsyncDisposable & { readonly multiplyAdds: number; run(): Promise<void> };

/** A product of 1536³ on one thread, in the nodes that the models' own products are made of: the rate that an encoder could reach at most. */
export async function openGemm(precision: Precision): Promise<Gemm> {
  const directory = await mkdtemp(join(tmpdir(), "halfgig-gemm-"));
  try {
    {
      await using data = await ExternalDataWriter.create(join(directory, "gemm.data"));
      const graph = new GraphBuilder("gemm", new WeightStore(data));
      const weights = {
        read: async (name: string, shape: readonly number[]) =>
          seeded(
            name,
            shape.reduce((a, b) => a * b),
          ),
      };
      const layers = new LayerWriter(graph, weights, precision, bestWeightBytes());
      const x = graph.input("x", [1, rows, width]);
      const y = await layers.linear(x, "gemm", width, width, { bias: false });
      // One value of the result goes out: copying all of it into JavaScript is no part of a product.
      graph.node("ReduceMax", [y], { attributes: { keepdims: 0 }, outputs: ["y"] });
      graph.output("y", []);
      await graph.writeTo(join(directory, "gemm.onnx"));
    }
    const session = await Session.open(join(directory, "gemm.onnx"), { threads: 1, arena: true });
    const inputs = new TensorMap({ x: session.tensor(seeded("x", rows * width), [1, rows, width]) });
    return {
      multiplyAdds: rows * width * width,
      async run() {
        using _ = await session.run(inputs.feeds);
      },
      async [Symbol.asyncDispose]() {
        inputs[Symbol.dispose]();
        await session[Symbol.asyncDispose]();
      },
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Multiply-adds of one full window of whisper-tiny's encoder and its cross-attention projections, by the precision they are done in. */
export const encoderProducts = (() => {
  const [positions, hidden, wide, layers, bins] = [1500, 384, 1536, 4, 80];
  const linear = layers * positions * (4 * hidden * hidden + 2 * hidden * wide);
  const cross = layers * 2 * positions * hidden * hidden;
  const convolutions = 2 * positions * hidden * 3 * bins + positions * hidden * 3 * hidden;
  const attention = layers * 2 * positions * positions * hidden;
  return { int8: linear + cross, fp32: convolutions + attention };
})();
