import { table } from "../../cli/tables.ts";
import type { Architecture } from "../../layers/packing/index.ts";
import type { FunctionName, FunctionSpec } from "../../stacks/app/index.ts";
import { loadBytes, unzippedLimitBytes, uploadWay } from "./limits.ts";
import { functionLoads, type Packed } from "./pack.ts";

const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);

/** What was packed, and what each function carries, for people. */
export function sizeReport(packed: Packed, specs: Record<FunctionName, FunctionSpec>, archs: readonly Architecture[]) {
  const zips = table(
    ["layer", "processor", "zipped MiB", "unzipped MiB", "upload", "sha256"],
    packed.layers.map((layer) => [
      layer.name,
      layer.arch,
      Number(mebibytes(layer.zippedBytes)),
      Number(mebibytes(layer.unzippedBytes)),
      uploadWay(layer),
      layer.sha256.slice(0, 12),
    ]),
  );
  const share = (bytes: number) => `${mebibytes(bytes)} (${((100 * bytes) / unzippedLimitBytes).toFixed(0)} %)`;
  const loads = archs.map((arch) => new Map(functionLoads(packed, specs, arch).map((load) => [load.name, load])));
  const functions = table(
    ["function", "zipped MiB", "upload", "layers", ...archs.map((arch) => `with layers, ${arch}`)],
    packed.functions.map((packedFunction) => [
      packedFunction.name,
      Number(mebibytes(packedFunction.zippedBytes)),
      uploadWay(packedFunction),
      specs[packedFunction.name].layers.join(" ") || "–",
      ...archs.map((arch, index) => share(loadBytes(loads[index]!.get(`${packedFunction.name} (${arch})`)!))),
    ]),
  );
  return `${zips}\n\n${functions}\n\nEvery function fits: ${unzippedLimitBytes.toLocaleString("en-US")} bytes unzipped is Lambda's limit for it with its layers.`;
}
