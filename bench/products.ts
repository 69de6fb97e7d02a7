import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Tensor } from "onnxruntime-node";
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
  /** Frames go forward by so many. */
  readonly stride?: 1 | 2;
};
export type Products = AsyncDisposable & {
  run(): Promise<void>;
  /** Of each product the shortest time in milliseconds, in their order. Ends the session. */
  least(): Promise<number[]>;
};

export const multiplyAdds = ({ rows, inner, outputs }: Product) => rows * inner * outputs;

const kernelSize = 3;

/** Every product by itself, in the nodes that the models' own are made of, on one thread; timed by onnxruntime, without what JavaScript does. */
export async function openProducts(products: readonly Product[]): Promise<Products> {
  const directory = await mkdtemp(join(tmpdir(), "halfgig-products-"));
  try {
    const model = join(directory, "products.onnx");
    const inputs: Record<string, Tensor> = {};
    const outputs: string[] = [];
    {
      await using data = await ExternalDataWriter.create(join(directory, "products.data"));
      const graph = new GraphBuilder("products", new WeightStore(data));
      for (const [index, product] of products.entries()) {
        const shape = inputShape(product);
        const x = graph.input(`x.${index}`, shape);
        inputs[x] = new Tensor("float32", seeded(x, size(shape)), shape);
        const y = await write(graph, x, `product.${index}`, product);
        outputs.push(y);
        graph.output(graph.node("ReduceMax", [y], { attributes: { keepdims: 0 } }), []);
      }
      await graph.writeTo(model);
    }
    const session = await openProfiled(model);
    return {
      run: () => session.run(inputs),
      async least() {
        const { nodes } = await session.least();
        return outputs.map((output) => nodes.get(output)?.ms ?? Number.NaN);
      },
      [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b);

function inputShape({ rows, inner, stride }: Product): number[] {
  return stride === undefined ? [1, rows, inner] : [1, inner / kernelSize, rows * stride];
}

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
    // Queries, keys, values and outputs; keys and values of the decoder.
    [layers * (4 + 2), { precision: "int8", rows, inner: hidden, outputs: hidden }],
    [layers * heads, { precision: "fp32", rows, inner: headDim, outputs: rows }],
    [layers * heads, { precision: "fp32", rows, inner: rows, outputs: headDim }],
    [layers, { precision: "int8", rows, inner: hidden, outputs: wide }],
    [layers, { precision: "int8", rows, inner: wide, outputs: hidden }],
  ];
})();
