import protobuf from "protobufjs/minimal.js";

/**
 * The messages of ONNX (onnx/onnx.proto3, IR version 8) that a graph of ours is made of, as protobuf bytes.
 * Each number beside a field is its field number there.
 */

const { Writer } = protobuf;
type Message = ReturnType<typeof Writer.create>;

const varint = 0;
const fixed32 = 5;
const lengthDelimited = 2;
const tag = (field: number, wireType: number): number => (field << 3) | wireType;

/** TensorProto.DataType */
export const elementTypes = { float32: 1, uint8: 2, int8: 3, int64: 7, bool: 9 } as const;
export type ElementType = keyof typeof elementTypes;

/** A node's attribute: whole numbers are INT, lists of them INTS; `{ float }` is FLOAT, `{ graph }` is GRAPH. */
export type Attribute = number | readonly number[] | { readonly float: number } | { readonly graph: Graph };

/** A fixed size, or the name of a size that is known only when the graph runs. */
export type Dimension = number | string;

export type Node = {
  readonly op: string;
  readonly domain: string;
  /** An empty name is an optional input that is not given. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
};

export type Value = { readonly name: string; readonly type: ElementType; readonly dims: readonly Dimension[] };

/** A constant: its bytes inside the model file, or a range of the data file beside it. */
export type Initializer = {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: Uint8Array | { readonly file: string; readonly offset: number; readonly length: number };
};

export type Graph = {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly initializers: readonly Initializer[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
};

/** Opset 17 is the first with LayerNormalization; IR version 8 is its companion. */
const irVersion = 8;
const opsets: readonly (readonly [domain: string, version: number])[] = [
  ["", 17],
  ["com.microsoft", 1],
];

export function encodeModel(graph: Graph): Uint8Array {
  const model = Writer.create();
  model.uint32(tag(1, varint)).int64(irVersion); // ir_version
  model.uint32(tag(2, lengthDelimited)).string("halfgig"); // producer_name
  message(model, 7, (writer) => writeGraph(writer, graph)); // graph
  for (const [domain, version] of opsets) {
    message(model, 8, (writer) => {
      // opset_import
      writer.uint32(tag(1, lengthDelimited)).string(domain); // domain
      writer.uint32(tag(2, varint)).int64(version); // version
    });
  }
  return model.finish();
}

function writeGraph(writer: Message, graph: Graph): void {
  for (const node of graph.nodes) message(writer, 1, (inner) => writeNode(inner, node)); // node
  writer.uint32(tag(2, lengthDelimited)).string(graph.name); // name
  for (const tensor of graph.initializers) message(writer, 5, (inner) => writeTensor(inner, tensor)); // initializer
  for (const value of graph.inputs) message(writer, 11, (inner) => writeValue(inner, value)); // input
  for (const value of graph.outputs) message(writer, 12, (inner) => writeValue(inner, value)); // output
}

function writeNode(writer: Message, node: Node): void {
  for (const input of node.inputs) writer.uint32(tag(1, lengthDelimited)).string(input); // input
  for (const output of node.outputs) writer.uint32(tag(2, lengthDelimited)).string(output); // output
  writer.uint32(tag(3, lengthDelimited)).string(node.outputs[0] ?? node.op); // name
  writer.uint32(tag(4, lengthDelimited)).string(node.op); // op_type
  for (const [name, value] of Object.entries(node.attributes)) {
    message(writer, 5, (inner) => writeAttribute(inner, name, value)); // attribute
  }
  if (node.domain !== "") writer.uint32(tag(7, lengthDelimited)).string(node.domain); // domain
}

/** AttributeProto.AttributeType: FLOAT 1, INT 2, GRAPH 5, INTS 7 */
function writeAttribute(writer: Message, name: string, value: Attribute): void {
  writer.uint32(tag(1, lengthDelimited)).string(name); // name
  if (typeof value === "number") {
    writer.uint32(tag(3, varint)).int64(value); // i
    writer.uint32(tag(20, varint)).int32(2); // type
  } else if ("float" in value) {
    writer.uint32(tag(2, fixed32)).float(value.float); // f
    writer.uint32(tag(20, varint)).int32(1); // type
  } else if ("graph" in value) {
    message(writer, 6, (inner) => writeGraph(inner, value.graph)); // g
    writer.uint32(tag(20, varint)).int32(5); // type
  } else {
    for (const item of value) writer.uint32(tag(8, varint)).int64(item); // ints
    writer.uint32(tag(20, varint)).int32(7); // type
  }
}

function writeTensor(writer: Message, tensor: Initializer): void {
  for (const size of tensor.dims) writer.uint32(tag(1, varint)).int64(size); // dims
  writer.uint32(tag(2, varint)).int32(elementTypes[tensor.type]); // data_type
  writer.uint32(tag(8, lengthDelimited)).string(tensor.name); // name
  const { data } = tensor;
  if (data instanceof Uint8Array) {
    writer.uint32(tag(9, lengthDelimited)).bytes(data); // raw_data
    return;
  }
  for (const [key, value] of [
    ["location", data.file],
    ["offset", String(data.offset)],
    ["length", String(data.length)],
  ] as const) {
    message(writer, 13, (inner) => {
      // external_data: StringStringEntryProto
      inner.uint32(tag(1, lengthDelimited)).string(key);
      inner.uint32(tag(2, lengthDelimited)).string(value);
    });
  }
  writer.uint32(tag(14, varint)).int32(1); // data_location: EXTERNAL
}

function writeValue(writer: Message, value: Value): void {
  writer.uint32(tag(1, lengthDelimited)).string(value.name); // name
  message(writer, 2, (type) => {
    // type
    message(type, 1, (tensor) => {
      // tensor_type
      tensor.uint32(tag(1, varint)).int32(elementTypes[value.type]); // elem_type
      message(tensor, 2, (shape) => {
        // shape
        for (const size of value.dims) {
          message(shape, 1, (dimension) => {
            // dim
            if (typeof size === "number")
              dimension.uint32(tag(1, varint)).int64(size); // dim_value
            else dimension.uint32(tag(2, lengthDelimited)).string(size); // dim_param
          });
        }
      });
    });
  });
}

function message(writer: Message, field: number, write: (inner: Message) => void): void {
  writer.uint32(tag(field, lengthDelimited)).fork();
  write(writer);
  writer.ldelim();
}
