import { writeFile } from "node:fs/promises";
import type { ExternalDataWriter } from "./external-data.ts";
import type { Attribute, Dimension, ElementType, Initializer, Node, Value } from "./wire.ts";

/** Constants below this stay in the model file: a page of their own would be mostly empty. */
const inlineBelowBytes = 1024;

/** The contributed operators of onnxruntime. */
export const microsoft = "com.microsoft";

type NodeOptions = {
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Names of the outputs, or how many there are; default one. */
  readonly outputs?: number | readonly string[];
};

/** Assembles one ONNX graph. Values are known by their names; names are numbered in the order of the calls. */
export class GraphBuilder {
  readonly #name: string;
  readonly #data: ExternalDataWriter;
  readonly #nodes: Node[] = [];
  readonly #initializers = new Map<string, Initializer>();
  readonly #inputs: Value[] = [];
  readonly #outputs: Value[] = [];

  constructor(name: string, data: ExternalDataWriter) {
    this.#name = name;
    this.#data = data;
  }

  input(name: string, dims: readonly Dimension[]): string {
    this.#inputs.push({ name, type: "float32", dims });
    return name;
  }

  output(name: string, dims: readonly Dimension[]): string {
    this.#outputs.push({ name, type: "float32", dims });
    return name;
  }

  /** Appends a node with several outputs and returns their names. */
  nodes(op: string, inputs: readonly string[], options: NodeOptions = {}): string[] {
    const { outputs = 1 } = options;
    const names =
      typeof outputs === "number"
        ? Array.from({ length: outputs }, (_, index) => `${op}_${this.#nodes.length}_${index}`)
        : [...outputs];
    this.#nodes.push({
      op,
      inputs,
      outputs: names,
      domain: options.domain ?? "",
      attributes: options.attributes ?? {},
    });
    return names;
  }

  /** Appends a node and returns the name of its (first) output. */
  node(op: string, inputs: readonly string[], options: NodeOptions = {}): string {
    return this.nodes(op, inputs, options)[0]!;
  }

  /** A constant list of whole numbers (shapes, axes, slice borders); equal lists share one constant. */
  integers(...values: number[]): string {
    const name = `integers_${values.join("_")}`;
    if (!this.#initializers.has(name)) {
      const data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
      this.#initializers.set(name, { name, type: "int64", dims: [values.length], data });
    }
    return name;
  }

  /** A weight. Large ones go straight to the data file. */
  async weight(name: string, type: ElementType, dims: readonly number[], values: ArrayBufferView): Promise<string> {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const data = bytes.byteLength < inlineBelowBytes ? bytes : await this.#data.append([bytes]);
    this.#initializers.set(name, { name, type, dims, data });
    return name;
  }

  /** A weight that is too large to hold: its bytes come in chunks. */
  async weightInChunks(
    name: string,
    type: ElementType,
    dims: readonly number[],
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<string> {
    this.#initializers.set(name, { name, type, dims, data: await this.#data.append(chunks) });
    return name;
  }

  async writeTo(path: string): Promise<void> {
    const graph = {
      name: this.#name,
      nodes: this.#nodes,
      initializers: [...this.#initializers.values()],
      inputs: this.#inputs,
      outputs: this.#outputs,
    };
    // Loaded here because functions that only read manifests share this folder's face, and need no protobuf.
    const { encodeModel } = await import("./wire.ts");
    await writeFile(path, encodeModel(graph), { flag: "wx", flush: true });
  }
}
