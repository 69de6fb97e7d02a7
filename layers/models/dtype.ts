/** Bytes per element of every number format the safetensors format names. */
export const dtypeSizes: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
};

/** The formats that weights come in. */
export type FloatDtype = "F32" | "F16" | "BF16";

export function isFloatDtype(dtype: string): dtype is FloatDtype {
  return dtype === "F32" || dtype === "F16" || dtype === "BF16";
}

/**
 * Little-endian numbers to Float32; exact for all three formats, subnormals and infinities included.
 * The hosts halfgig runs on (x86-64, arm64) are little-endian, so typed arrays read the bytes as they are.
 * @param bytes whole elements; must start at an offset that is a multiple of the element size in its buffer
 */
export function toFloat32(dtype: FloatDtype, bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const count = bytes.byteLength / dtypeSizes[dtype]!;
  if (dtype === "F32") {
    const copy = new Float32Array(count);
    new Uint8Array(copy.buffer).set(bytes);
    return copy;
  }
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, count);
  const bits = new Uint32Array(count);
  const convert = dtype === "F16" ? halfToFloatBits : bfloatToFloatBits;
  for (let i = 0; i < count; i++) bits[i] = convert(halves[i]!);
  return new Float32Array(bits.buffer);
}

function bfloatToFloatBits(value: number): number {
  return value << 16;
}

/** IEEE 754 binary16 to binary32, as bit patterns. */
function halfToFloatBits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // A subnormal half is a normal float: shift its leading one into the hidden bit.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}
