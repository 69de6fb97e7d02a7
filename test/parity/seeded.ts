/**
 * The seeded numbers of golden.py: element i of a tensor is (m − 1024) / 8192, where m are the top 11 bits of
 * mix(fnv1a(name) + i · 0x9E3779B9); mix is the finalizer of MurmurHash3. Exact in float32.
 */
export function seeded(name: string, length: number): Float32Array<ArrayBuffer> {
  let seed = 0x811c9dc5;
  for (const byte of Buffer.from(name)) seed = Math.imul(seed ^ byte, 0x01000193);
  const offset = name.endsWith("layer_norm.weight") ? 1 : 0;
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    let h = (seed + Math.imul(i, 0x9e3779b9)) >>> 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    values[i] = (((h ^ (h >>> 16)) >>> 21) - 1024) / 8192 + offset;
  }
  return values;
}
