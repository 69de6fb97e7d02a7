import { writeFile } from "node:fs/promises";
import type { WeightStore } from "./weight-store.ts";
import type { Attribute, Dimension, ElementType, Graph, Initializer, Node, Value } from "./wire.ts";

/** The contributed operators of onnxruntime. */
export const microsoft = "com.microsoft";

type NodeOptions = {
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Names of the outputs, or how many there are; default one. */
  readonly outputs?: number | readonly string[];
};

/** Makes a weight's bytes; called only where the store does not have the weight yet. */
export type WeightSource = () => Promise<ArrayBufferView | AsyncIterable<Uint8Array>>;

/** Assembles one ONNX graph. Values are known by their names; names are numbered in the order of the calls. */
export class GraphBuilder {
  readonly #name: string;
  readonly #store: WeightStore;
  readonly #nodes: Node[] = [];
  readonly #initializers: Map<string, Initializer>;
  readonly #inputs: Value[] = [];
  readonly #outputs: Value[] = [];
  /** In front of the names of a branch's values: they live in one space with those of the graph around it. */
  readonly #prefix: string;

  constructor(name: string, store: WeightStore, parent?: GraphBuilder) {
    this.#name = name;
    this.#store = store;
    this.#initializers = parent ? parent.#initializers : new Map();
    this.#prefix = parent ? `${name}_` : "";
  }

  input(name: string, dims: readonly Dimension[], type: ElementType = "float32"): string {
    this.#inputs.push({ name, type, dims });
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
        ? Array.from({ length: outputs }, (_, index) => `${this.#prefix}${op}_${this.#nodes.length}_${index}`)
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

  /** A graph for a branch of an `If`: it has no inputs, and sees the values and the constants of this one. */
  branch(name: string): GraphBuilder {
    return new GraphBuilder(name, this.#store, this);
  }

  /** The branch as an attribute; its constants stay with the graph around it. */
  asAttribute(): Attribute {
    return { graph: { ...this.#graph(), initializers: [] } };
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

  /** A constant that is one number. */
  scalar(value: number): string {
    const name = `scalar_${value}`;
    const data = new Uint8Array(Float32Array.of(value).buffer);
    this.#initializers.set(name, { name, type: "float32", dims: [], data });
    return name;
  }

  /** A weight, by a name that means the same numbers in every graph of the store. */
  async weight(name: string, type: ElementType, dims: readonly number[], source: WeightSource): Promise<string> {
    this.#initializers.set(name, await this.#store.getOrAdd(name, type, dims, source));
    return name;
  }

  async writeTo(path: string): Promise<void> {
    // Loaded here because functions that only read manifests share this folder's face, and need no protobuf.
    const { encodeModel } = await import("./wire.ts");
    await writeFile(path, encodeModel(this.#graph()), { flag: "wx", flush: true });
  }

  #graph(): Graph {
    return {
      name: this.#name,
      nodes: this.#nodes,
      initializers: [...this.#initializers.values()],
      inputs: this.#inputs,
      outputs: this.#outputs,
    };
  }
}
