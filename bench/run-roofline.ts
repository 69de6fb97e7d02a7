import { join } from "node:path";
import { Session, TensorMap } from "../layers/inference/index.ts";
import { encoderProducts, openGemm } from "./gemm.ts";
import { settings } from "./measure.ts";
import { openProfiled } from "./profile.ts";

/**
 * How near halfgig's encoder comes to the machine's own matrix products: `node bench/run-roofline.ts <folder of the built model>`. All
 * take turns in one process on one thread; of each the least time counts, so that other work on the machine meets all of them
 * alike, and hardly shows. The products leave one value in JavaScript, the encoder 18 MB: so it is measured with that copy, and by
 * onnxruntime's own profile without it.
 */
const rounds = 25;

const model = join(process.argv[2]!, "encoder.onnx");
await using encoder = await Session.open(model, { threads: 1, arena: true });
await using int8 = await openGemm("int8");
await using fp32 = await openGemm("fp32");
const { frames, features } = settings(0);
using mel = new TensorMap({ mel: encoder.tensor(features, [1, features.length / frames, frames]) });

async function processorMs(run: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const encode = async () => {
  using _ = await encoder.run(mel.feeds);
};
const profiled = await openProfiled(model);
const least = { encoder: Number.POSITIVE_INFINITY, int8: Number.POSITIVE_INFINITY, fp32: Number.POSITIVE_INFINITY };
for (let round = 0; round < rounds; round++) {
  least.encoder = Math.min(least.encoder, await processorMs(encode));
  await profiled.run(mel.feeds);
  least.int8 = Math.min(least.int8, await processorMs(int8.run));
  least.fp32 = Math.min(least.fp32, await processorMs(fp32.run));
}
const idealMs =
  (encoderProducts.int8 / int8.multiplyAdds) * least.int8 + (encoderProducts.fp32 / fp32.multiplyAdds) * least.fp32;
const { graphMs, nodesMs } = await profiled.least();
const share = idealMs / least.encoder;
console.log(
  JSON.stringify({ encoderMs: least.encoder, graphMs, idealMs, share, graphShare: idealMs / graphMs, least, nodesMs }),
);
