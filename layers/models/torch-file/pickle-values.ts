/** Storage classes of torch, as number formats under the names that safetensors gives them. */
const storageDtypes: Readonly<Record<string, string>> = {
  FloatStorage: "F32",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  DoubleStorage: "F64",
  LongStorage: "I64",
  IntStorage: "I32",
  ShortStorage: "I16",
  CharStorage: "I8",
  ByteStorage: "U8",
  BoolStorage: "BOOL",
};

/** A name of a class or function that the pickle refers to; only these exist here. */
export type Global =
  | { readonly kind: "orderedDict" }
  | { readonly kind: "rebuildTensor" }
  | { readonly kind: "rebuildParameter" }
  | { readonly kind: "storage"; readonly dtype: string };

/** @throws Error for every name that is not needed to describe a dict of tensors */
export function readGlobal(module: string, name: string): Global {
  const full = `${module}.${name}`;
  if (full === "collections.OrderedDict") return { kind: "orderedDict" };
  if (full === "torch._utils._rebuild_tensor_v2") return { kind: "rebuildTensor" };
  if (full === "torch._utils._rebuild_parameter") return { kind: "rebuildParameter" };
  if (module === "torch" && Object.hasOwn(storageDtypes, name)) return { kind: "storage", dtype: storageDtypes[name]! };
  throw new Error(`it asks for ${JSON.stringify(full.slice(0, 200))}, and weights need no such thing`);
}

/** What the pickle calls a global for: an empty dict, or a tensor's description. */
export function buildGlobal(target: Global, args: unknown[]): unknown {
  const kind = isGlobal(target) ? target.kind : undefined;
  if (kind === "orderedDict" && args.length === 0) return new Map();
  if (kind === "rebuildTensor") return TensorDescription.fromArguments(args);
  // (data, requires_grad, backward_hooks)
  if (kind === "rebuildParameter" && args[0] instanceof TensorDescription) return args[0];
  throw new Error("it calls something that builds no weights");
}

/** A storage of the archive: `('storage', class, key, device, number of elements)`. */
export class StorageReference {
  readonly dtype: string;
  readonly key: string;
  readonly elements: number;

  private constructor(dtype: string, key: string, elements: number) {
    this.dtype = dtype;
    this.key = key;
    this.elements = elements;
  }

  static fromPersistentId(id: unknown): StorageReference {
    const [tag, storage, key, , elements] = Array.isArray(id) ? id : [];
    if (tag !== "storage" || !isGlobal(storage) || storage.kind !== "storage" || typeof key !== "string") {
      throw new Error("it refers to a storage in an unknown way");
    }
    return new StorageReference(storage.dtype, key, wholeNumber(elements));
  }
}

/** What `_rebuild_tensor_v2(storage, offset, size, stride, …)` describes. */
export class TensorDescription {
  readonly storage: StorageReference;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly stride: readonly number[];

  private constructor(storage: StorageReference, offset: number, shape: number[], stride: number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.stride = stride;
  }

  static fromArguments([storage, offset, shape, stride]: unknown[]): TensorDescription {
    if (!(storage instanceof StorageReference) || !Array.isArray(shape) || !Array.isArray(stride)) {
      throw new Error("it describes a tensor in an unknown way");
    }
    if (shape.length > 8 || shape.length !== stride.length)
      throw new Error("a tensor's shape and strides do not agree");
    return new TensorDescription(storage, wholeNumber(offset), shape.map(wholeNumber), stride.map(wholeNumber));
  }
}

function isGlobal(value: unknown): value is Global {
  return typeof value === "object" && value !== null && !(value instanceof Map) && "kind" in value;
}

function wholeNumber(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw new Error("a size is not a number");
  return value;
}
