import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ChecksumAlgorithm,
  type CrcAlgorithm,
  combineCrcs,
  compositeChecksum,
  createChecksum,
} from "./checksums.ts";

function checksumOf(algorithm: ChecksumAlgorithm, ...pieces: (string | Uint8Array)[]): string {
  const checksum = createChecksum(algorithm);
  for (const piece of pieces) checksum.update(Buffer.from(piece));
  return checksum.digest();
}

const toHex = (base64: string) => Buffer.from(base64, "base64").toString("hex");

describe("checksums", () => {
  // The check values of the catalogue of parametrised CRC algorithms, and of FIPS 180.
  it.each([
    ["crc32", "cbf43926"],
    ["crc32c", "e3069283"],
    ["crc64nvme", "ae8b14860a799888"],
    ["sha1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"],
    ["sha256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"],
  ] as const)("computes %s of 123456789", (algorithm, expected) => {
    expect(toHex(checksumOf(algorithm, "123456789"))).toBe(expected);
    expect(toHex(checksumOf(algorithm, "1234", "", "56789"))).toBe(expected);
  });

  it.each(["crc32", "crc32c", "crc64nvme"] as CrcAlgorithm[])(
    "combines %s of parts into that of the whole",
    (algorithm) => {
      fc.assert(
        fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 6 }), (parts) => {
          const known = parts.map((part) => ({ checksum: checksumOf(algorithm, part), sizeBytes: part.length }));
          expect(combineCrcs(algorithm, known)).toBe(checksumOf(algorithm, ...parts));
        }),
      );
    },
  );

  it("writes composite checksums with the number of parts", () => {
    const part = checksumOf("sha256", "a");
    expect(compositeChecksum("sha256", [part, part])).toMatch(/^[A-Za-z0-9+/]{43}=-2$/);
  });
});
