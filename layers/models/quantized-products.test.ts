import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seeded } from "../../test/parity/seeded.ts";
import { Session } from "../inference/index.ts";
import { bestWeightBytes } from "./byte-products.ts";
import { ExternalDataWriter, GraphBuilder, WeightStore } from "./onnx/index.ts";
import { type Activations, QuantizedProducts } from "./quantized-products.ts";

const inputs = 64;
const outputs = 24;
const weights = seeded("weights", outputs * inputs);
const bias = seeded("bias", outputs);

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-products-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

let count = 0;

/** A product alone in a graph; `run` takes `[batch, rows, inputs]`. */
async function open(activations: Activations, matrix: Float32Array = weights) {
  const name = `${activations}-${count++}`;
  {
    await using data = await ExternalDataWriter.create(join(directory, `${name}.data`));
    const graph = new GraphBuilder(name, new WeightStore(data));
    const x = graph.input("x", ["batch", "rows", inputs]);
    const biasValue = await graph.weight("bias", "float32", [outputs], async () => Float32Array.from(bias));
    const source = { name: "weight", outputs, inputs, bias: biasValue, rows: async () => Float32Array.from(matrix) };
    const y = await new QuantizedProducts(graph, bestWeightBytes()).product(x, source, activations);
    graph.node("Identity", [y], { outputs: ["y"] });
    graph.output("y", ["batch", "rows", outputs]);
    await graph.writeTo(join(directory, `${name}.onnx`));
  }
  const session = await Session.open(join(directory, `${name}.onnx`));
  return {
    async run(x: Float32Array, batch = 1) {
      using results = await session.run({ x: session.tensor(x, [batch, x.length / inputs / batch, inputs]) });
      return (results.get("y").data as Float32Array).slice();
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

function exact(x: Float32Array, matrix: Float32Array = weights): Float32Array {
  return Float32Array.from({ length: (x.length / inputs) * outputs }, (_, at) => {
    const [row, output] = [Math.floor(at / outputs), at % outputs];
    let sum = bias[output]!;
    for (let i = 0; i < inputs; i++) sum += x[row * inputs + i]! * matrix[output * inputs + i]!;
    return sum;
  });
}

function relativeError(actual: Float32Array, expected: Float32Array): number {
  let [difference, size] = [0, 0];
  for (const [i, value] of expected.entries()) {
    difference += (actual[i]! - value) ** 2;
    size += value ** 2;
  }
  return Math.sqrt(difference / size);
}

const quiet = seeded("quiet", 3 * inputs);
const loud = seeded("loud", inputs).map((value) => value * 200);
const gelu = (values: Float32Array) => values.map((value) => Math.max(value, -0.17));

describe("products of bytes", () => {
  const ofRows = [
    ["rows", quiet, loud],
    ["geluRows", gelu(quiet), gelu(loud)],
    ["blocks", quiet, loud],
  ] as const;

  it.each(ofRows)(
    "%s: a row is the same to the last bit whatever stands beside it",
    async (activations, some, other) => {
      await using product = await open(activations);
      const alone = await product.run(some.slice(0, inputs));
      const together = await product.run(Float32Array.of(...some, ...other));
      expect(relativeError(alone, exact(some.slice(0, inputs)))).toBeLessThan(0.02);
      if (activations === "blocks") {
        // Kernels for one row and for several add up in another order.
        expect(relativeError(together.slice(0, outputs), alone)).toBeLessThan(1e-5);
      } else expect(together.slice(0, outputs)).toEqual(alone);
      expect(relativeError(together.slice(-outputs), exact(other))).toBeLessThan(0.02);
    },
  );

  it("tensor: a quiet row beside a loud one is lost, which is why there are the others", async () => {
    await using product = await open("tensor");
    const together = await product.run(Float32Array.of(...quiet, ...loud));
    expect(relativeError(together.slice(0, 3 * outputs), exact(quiet))).toBeGreaterThan(0.2);
  });

  it.each(["tensor", "rows", "blocks"] as const)(
    "%s: batches are rows like others, and rows of zeros give the bias",
    async (activations) => {
      await using product = await open(activations);
      const x = Float32Array.of(...quiet, ...new Float32Array(inputs));
      const result = await product.run(x, 2);
      expect(relativeError(result, exact(x))).toBeLessThan(0.02);
      expect(relativeError(result.slice(-outputs), Float32Array.from(bias))).toBeLessThan(1e-6);
    },
  );

  it.each(["tensor", "rows", "blocks"] as const)(
    "%s: no sum of products overflows, however large all are",
    async (activations) => {
      for (const sign of [1, -1]) {
        const matrix = new Float32Array(outputs * inputs).fill(sign);
        await using product = await open(activations, matrix);
        const x = new Float32Array(3 * inputs).fill(5);
        expect(relativeError(await product.run(x), exact(x, matrix))).toBeLessThan(1e-4);
      }
    },
  );
});
