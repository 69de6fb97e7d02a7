import { readFileSync } from "node:fs";
import { z } from "zod";

/**
 * How the bytes of int8 weights are stored. The weights are the same, `byte − zero point`, and so is every exact sum; what
 * differs is the kernel that onnxruntime takes. `unsigned` (zero point 128) is right on every processor. `signed` (zero point 0) is
 * a quarter faster where the processor sums four byte products at once; on x86 without such an instruction its kernel
 * adds two products in 16 bits and saturates.
 */
export const weightBytesSchema = z.enum(["unsigned", "signed"]);
export type WeightBytes = z.infer<typeof weightBytesSchema>;

/**
 * What this processor takes best. Summing instructions are VNNI on x86 (Intel SDM: AVX512_VNNI, AVX_VNNI) and the dot
 * product extension on Arm (`asimddp`), named as /proc/cpuinfo names them.
 */
export function bestWeightBytes(cpuinfo: string = readCpuinfo()): WeightBytes {
  const features = /^(?:flags|Features)\s*:(.*)$/m.exec(cpuinfo)?.[1]?.split(" ") ?? [];
  return features.some((name) => ["avx512_vnni", "avx_vnni", "asimddp"].includes(name)) ? "signed" : "unsigned";
}

function readCpuinfo(): string {
  try {
    return readFileSync("/proc/cpuinfo", "utf8");
  } catch {
    return "";
  }
}
