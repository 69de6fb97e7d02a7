type TensorSample = { shape?: readonly number[]; stride?: readonly number[]; offset?: number; elements?: number };

const text = (value: string) => Buffer.concat([Buffer.from([0x8c, value.length]), Buffer.from(value)]);
const whole = (value: number) => {
  const bytes = Buffer.alloc(5, 0x4a);
  bytes.writeInt32LE(value, 1);
  return bytes;
};
const global = (module: string, name: string) => Buffer.from(`c${module}\n${name}\n`);
const tuple = (...items: Buffer[]) => Buffer.concat([Buffer.from("("), ...items, Buffer.from("t")]);
const count = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

/** The pickle of `{"w": tensor}`, with a float32 storage "0" of four elements unless told otherwise. */
export function tensorPickle(sample: TensorSample = {}): Buffer {
  return statePickle({ w: sample });
}

/** A file as torch.save writes it, of float32 tensors with the given shapes; `fill` gives each its numbers. */
export function torchFileOf(
  shapes: ReadonlyMap<string, readonly number[]>,
  fill: (name: string, elements: number) => Float32Array,
): Buffer {
  const samples: Record<string, TensorSample> = {};
  const entries: Record<string, Uint8Array> = {};
  for (const [index, [name, shape]] of [...shapes].entries()) {
    samples[name] = { shape, elements: count(shape) };
    const numbers = fill(name, count(shape));
    entries[`archive/data/${index}`] = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  }
  return zipOf({ "archive/data.pkl": statePickle(samples), ...entries });
}

function statePickle(samples: Readonly<Record<string, TensorSample>>): Buffer {
  const items = Object.entries(samples).flatMap(([name, sample], index) => [
    text(name),
    tensorBytes(sample, String(index)),
    Buffer.from("s"),
  ]);
  return Buffer.concat([Buffer.from([0x80, 2]), Buffer.from("}"), ...items, Buffer.from(".")]);
}

function tensorBytes({ shape = [4], stride, offset = 0, elements = 4 }: TensorSample, key: string): Buffer {
  const strides = stride ?? shape.map((_, axis) => count(shape.slice(axis + 1)));
  const storage = Buffer.concat([
    tuple(text("storage"), global("torch", "FloatStorage"), text(key), text("cpu"), whole(elements)),
    Buffer.from("Q"),
  ]);
  const sizes = tuple(...shape.map(whole));
  const steps = tuple(...strides.map((step) => whole(Math.min(step, 2 ** 31 - 1))));
  const hooks = Buffer.concat([global("collections", "OrderedDict"), Buffer.from(")R")]);
  const args = tuple(storage, whole(offset), sizes, steps, Buffer.from([0x89]), hooks);
  return Buffer.concat([global("torch._utils", "_rebuild_tensor_v2"), args, Buffer.from("R")]);
}

/** A ZIP archive; in ZIP64 every size and position stands in the extra fields and the ZIP64 end record. */
export function zipOf(
  entries: Readonly<Record<string, Uint8Array>>,
  { zip64 = false, method = 0 }: { zip64?: boolean; method?: number } = {},
): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, bytes] of Object.entries(entries)) {
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50);
    local.writeUInt16LE(method, 8);
    local.writeUInt16LE(name.length, 26);
    const extra = Buffer.alloc(zip64 ? 28 : 0);
    if (zip64) {
      extra.writeUInt16LE(1);
      extra.writeUInt16LE(24, 2);
      extra.writeBigUInt64LE(BigInt(bytes.length), 4);
      extra.writeBigUInt64LE(BigInt(bytes.length), 12);
      extra.writeBigUInt64LE(BigInt(at), 20);
    }
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50);
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(zip64 ? 0xffffffff : bytes.length, 20);
    central.writeUInt32LE(zip64 ? 0xffffffff : bytes.length, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt16LE(extra.length, 30);
    central.writeUInt32LE(zip64 ? 0xffffffff : at, 42);
    directory.push(central, Buffer.from(name), extra);
    parts.push(local, Buffer.from(name), Buffer.from(bytes));
    at += 30 + name.length + bytes.length;
  }
  const directoryBytes = directory.reduce((sum, part) => sum + part.length, 0);
  const count = Object.keys(entries).length;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(zip64 ? 0xffff : count, 8);
  end.writeUInt16LE(zip64 ? 0xffff : count, 10);
  end.writeUInt32LE(zip64 ? 0xffffffff : directoryBytes, 12);
  end.writeUInt32LE(zip64 ? 0xffffffff : at, 16);
  if (!zip64) return Buffer.concat([...parts, ...directory, end]);
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(0x06064b50);
  end64.writeBigUInt64LE(BigInt(count), 32);
  end64.writeBigUInt64LE(BigInt(directoryBytes), 40);
  end64.writeBigUInt64LE(BigInt(at), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50);
  locator.writeBigUInt64LE(BigInt(at + directoryBytes), 8);
  return Buffer.concat([...parts, ...directory, end64, locator, end]);
}
