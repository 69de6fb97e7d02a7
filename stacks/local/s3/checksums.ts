import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

/** The additional checksum algorithms of S3, by the suffix of their `x-amz-checksum-*` header. */
export const checksumAlgorithms = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"] as const;
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number];

/** Checksums of one body, big-endian and base64, as they travel in headers. */
export type Checksums = Partial<Record<ChecksumAlgorithm, string>>;

/** How a multipart object's checksum is made: of its parts' checksums (`COMPOSITE`) or of its bytes (`FULL_OBJECT`). */
export type ChecksumType = "COMPOSITE" | "FULL_OBJECT";

export type Checksum = { update(bytes: Uint8Array): void; digest(): string };

export function isChecksumAlgorithm(name: string): name is ChecksumAlgorithm {
  return (checksumAlgorithms as readonly string[]).includes(name);
}

/** Bytes of the raw checksum. */
export const checksumSizeBytes: Record<ChecksumAlgorithm, number> = {
  crc32: 4,
  crc32c: 4,
  crc64nvme: 8,
  sha1: 20,
  sha256: 32,
};

export function createChecksum(algorithm: ChecksumAlgorithm): Checksum {
  switch (algorithm) {
    case "crc32":
      return crc32Checksum();
    case "crc32c":
      return crc32cChecksum();
    case "crc64nvme":
      return crc64nvmeChecksum();
    default: {
      const hash = createHash(algorithm);
      return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest("base64") };
    }
  }
}

function base64OfUint32s(...words: number[]): string {
  const bytes = Buffer.alloc(words.length * 4);
  for (const [index, word] of words.entries()) bytes.writeUInt32BE(word >>> 0, index * 4);
  return bytes.toString("base64");
}

function crc32Checksum(): Checksum {
  let crc = 0;
  return {
    update(bytes) {
      crc = crc32(bytes, crc);
    },
    digest: () => base64OfUint32s(crc),
  };
}

/** Castagnoli's polynomial, reflected (RFC 3720, appendix B.4). */
const crc32cPolynomial = 0x82f63b78;
/** The NVM Express NVM Command Set polynomial, reflected. */
const crc64nvmePolynomial = 0x9a6c9329ac4bc9b5n;

const crc32cTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ crc32cPolynomial : crc >>> 1;
  return crc;
});

function crc32cChecksum(): Checksum {
  let crc = 0xffffffff;
  return {
    update(bytes) {
      for (let index = 0; index < bytes.length; index++) {
        crc = crc32cTable[(crc ^ bytes[index]!) & 0xff]! ^ (crc >>> 8);
      }
    },
    digest: () => base64OfUint32s(crc ^ 0xffffffff),
  };
}

const crc64Table = Array.from({ length: 256 }, (_, byte) => {
  let crc = BigInt(byte);
  for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ crc64nvmePolynomial : crc >> 1n;
  return crc;
});
// Two 32-bit halves: BigInt arithmetic per byte is two orders of magnitude slower.
const crc64High = Uint32Array.from(crc64Table, (crc) => Number(crc >> 32n));
const crc64Low = Uint32Array.from(crc64Table, (crc) => Number(crc & 0xffffffffn));

function crc64nvmeChecksum(): Checksum {
  let high = 0xffffffff;
  let low = 0xffffffff;
  return {
    update(bytes) {
      for (let index = 0; index < bytes.length; index++) {
        const entry = (low ^ bytes[index]!) & 0xff;
        low = ((low >>> 8) | (high << 24)) ^ crc64Low[entry]!;
        high = (high >>> 8) ^ crc64High[entry]!;
      }
    },
    digest: () => base64OfUint32s(high ^ 0xffffffff, low ^ 0xffffffff),
  };
}

/** The checksum of a multipart object from those of its parts, as S3 writes it: base64 of the hash of the hashes, `-N`. */
export function compositeChecksum(algorithm: ChecksumAlgorithm, parts: readonly string[]): string {
  const checksum = createChecksum(algorithm);
  for (const part of parts) checksum.update(Buffer.from(part, "base64"));
  return `${checksum.digest()}-${parts.length}`;
}

const polynomials = {
  crc32: { polynomial: 0xedb88320n, bits: 32n },
  crc32c: { polynomial: BigInt(crc32cPolynomial), bits: 32n },
  crc64nvme: { polynomial: crc64nvmePolynomial, bits: 64n },
} as const;

export type CrcAlgorithm = keyof typeof polynomials;

export function isCrcAlgorithm(algorithm: ChecksumAlgorithm): algorithm is CrcAlgorithm {
  return algorithm in polynomials;
}

/**
 * The CRC of the concatenation of parts, from the parts' CRCs and sizes, without reading a byte again.
 * crc(A‖B) = crc(A)·x^(8·|B|) mod P ⊕ crc(B), as in zlib's crc32_combine; all three CRCs are reflected and inverted at both ends.
 */
export function combineCrcs(
  algorithm: CrcAlgorithm,
  parts: readonly { checksum: string; sizeBytes: number }[],
): string {
  const { polynomial, bits } = polynomials[algorithm];
  const one = 1n << (bits - 1n);

  /** a·b mod P, reflected: the highest bit is x^0. */
  function multiply(a: bigint, b: bigint): bigint {
    let product = 0n;
    for (let mask = one, factor = b; mask > 0n; mask >>= 1n) {
      if (a & mask) product ^= factor;
      factor = factor & 1n ? (factor >> 1n) ^ polynomial : factor >> 1n;
    }
    return product;
  }

  function shiftBy(sizeBytes: number): bigint {
    let result = one;
    let square = one >> 8n;
    for (let rest = BigInt(sizeBytes); rest > 0n; rest >>= 1n) {
      if (rest & 1n) result = multiply(result, square);
      square = multiply(square, square);
    }
    return result;
  }

  // Nearly all parts of an upload have one size.
  const shifts = new Map<number, bigint>();
  let total = 0n;
  for (const part of parts) {
    const shift = shifts.get(part.sizeBytes) ?? shiftBy(part.sizeBytes);
    shifts.set(part.sizeBytes, shift);
    total = multiply(shift, total) ^ BigInt(`0x${Buffer.from(part.checksum, "base64").toString("hex")}`);
  }
  return Buffer.from(total.toString(16).padStart(Number(bits / 4n), "0"), "hex").toString("base64");
}
