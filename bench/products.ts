import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Tensor } from "../layers/inference/runtime.ts";
import { bestWeightBytes, type Precision } from "../layers/models/index.ts";
import { LayerWriter } from "../layers/models/layer-writer.ts";
import { ExternalDataWriter, GraphBuilder, WeightStore } from "../layers/models/onnx/index.ts";
import { seeded } from "../test/parity/seeded.ts";
import { openProfiled } from "./profile.ts";

/** `rows × inner` times `inner × outputs`; a convolution is one of so many frames, its kernel's 3 steps times its inputs, and its outputs. */
export type Product = {
  readonly precision: Precision;
  readonly rows: number;
  readonly inner: number;
  readonly outputs: number;
  /** So many products take the same input, which is quantized once for all; default 1. */
  readonly together?: number;
  /** Of a convolution: frames go forward by so many. */
  readonly stride?: 1 | 2;
};
export type OpenProduct = AsyncDisposable & {
  run(): Promise<void>;
  /** The shortest time in milliseconds, of all that are together. Ends the session. */
  least(): Promise<number>;
};

export const multiplyAdds = ({ rows, inner, outputs, together = 1 }: Product) => rows * inner * outputs * together;

const kernelSize = 3;

/** A product by itself, in the nodes that the models' own are made of, on one thread; timed by onnxruntime, without what JavaScript does. */
export async function openProduct(product: Product): Promise<OpenProduct> {
  const directory = await mkdtemp(join(tmpdir(), "halfgig-product-"));
  try {
    const { rows, inner, stride, together = 1 } = product;
    const shape = stride === undefined ? [1, rows, inner] : [1, inner / kernelSize, rows * stride];
    {
      await using data = await ExternalDataWriter.create(join(directory, "product.data"));
      const graph = new GraphBuilder("product", new WeightStore(data));
      const x = graph.input("x", shape);
      for (let index = 0; index < together; index++) {
        const y = await write(graph, x, `product.${index}`, product);
        // One value of the result goes out: copying all of it into JavaScript is no part of a product.
        graph.output(graph.node(narrowing, [y], { attributes: { keepdims: 0 } }), []);
      }
      await graph.writeTo(join(directory, "product.onnx"));
    }
    const session = await openProfiled(join(directory, "product.onnx"));
    const x = new Tensor("float32", seeded("x", size(shape)), shape);
    return {
      run: () => session.run({ x }),
      async least() {
        const { nodes } = await session.least();
        return [...nodes.values()].reduce((sum, { kind, ms }) => sum + (kind === narrowing ? 0 : ms), 0);
      },
      [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const narrowing = "ReduceMax";
const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b);

async function write(graph: GraphBuilder, x: string, name: string, product: Product): Promise<string> {
  const { precision, inner, outputs, stride } = product;
  const weights = { read: async (of: string, shape: readonly number[]) => seeded(of, size(shape)) };
  const layers = new LayerWriter(graph, weights, precision, bestWeightBytes());
  if (stride === undefined) return layers.linear(x, name, inner, outputs, { bias: false });
  const weight = await layers.tensor(name, [outputs, inner / kernelSize, kernelSize]);
  const attributes = { kernel_shape: [kernelSize], pads: [1, 1], strides: [stride] };
  return graph.node("Conv", [x, weight], { attributes });
}

/** Every product of a full window in whisper-tiny's encoder and its cross-attention projections, and how many there are of each. */
export const encoderProducts: readonly (readonly [count: number, product: Product])[] = (() => {
  const [rows, hidden, wide, layers, heads, bins] = [1500, 384, 1536, 4, 6, 80];
  const headDim = hidden / heads;
  return [
    [1, { precision: "fp32", rows: 2 * rows, inner: kernelSize * bins, outputs: hidden, stride: 1 }],
    [1, { precision: "fp32", rows, inner: kernelSize * hidden, outputs: hidden, stride: 2 }],
    // Queries, keys and values; what attention gives; keys and values of the decoder.
    [layers, { precision: "int8", rows, inner: hidden, outputs: hidden, together: 3 }],
    [layers, { precision: "int8", rows, inner: hidden, outputs: hidden }],
    [1, { precision: "int8", rows, inner: hidden, outputs: hidden, together: 2 * layers }],
    [layers * heads, { precision: "fp32", rows, inner: headDim, outputs: rows }],
    [layers * heads, { precision: "fp32", rows, inner: rows, outputs: headDim }],
    [layers, { precision: "int8", rows, inner: hidden, outputs: wide }],
    [layers, { precision: "int8", rows, inner: wide, outputs: hidden }],
  ];
})();
