/** Builds a model and reports what that took: `node test/memory/build-process.ts <checkpoint> <output> <precision>`. */
import { readFile } from "node:fs/promises";
import { buildModel, type Precision } from "../../layers/models/index.ts";

const [, , checkpointDirectory, outputDirectory, precision] = process.argv;
const start = performance.now();
const { files } = await buildModel({
  checkpointDirectory: checkpointDirectory!,
  outputDirectory: outputDirectory!,
  precision: precision as Precision,
  identity: { id: "memory", revision: "", licence: "", demo: true },
});
const milliseconds = performance.now() - start;
// VmHWM of proc(5): the most memory that was ever resident in this process.
const peakRssKiB = Number(/VmHWM:\s+(\d+)/.exec(await readFile("/proc/self/status", "utf8"))![1]);
console.log(JSON.stringify({ milliseconds, peakRssMiB: peakRssKiB / 1024, files }));
