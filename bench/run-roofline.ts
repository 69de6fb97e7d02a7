import { join } from "node:path";
import { Session, TensorMap } from "../layers/inference/index.ts";
import { settings } from "./measure.ts";
import { encoderProducts, multiplyAdds, openProduct, type Product } from "./products.ts";
import { byKind, openProfiled } from "./profile.ts";

/**
 * How near halfgig's encoder comes to its own matrix products: `node bench/run-roofline.ts <folder of the built model>`. All take turns in
 * one process on one thread, and of each the least time counts, so that other work on the machine meets all of them alike, and hardly
 * shows. Everything is timed by onnxruntime, without what JavaScript makes of it; the encoder besides with the copy of its 18 MB of
 * output. The products are measured at two sizes: at the encoder's own, which is what its products take at least, and at 1536³, the rate
 * that the machine reaches where edges and short sums do not count.
 */
const rounds = 25;
const edge = 1536;
const large = { rows: edge, inner: edge, outputs: edge };

const model = join(process.argv[2]!, "encoder.onnx");
await using encoder = await Session.open(model, { threads: 1, arena: true });
await using profiled = await openProfiled(model);
await using opened = new AsyncDisposableStack();
const open = async (product: Product) => opened.use(await openProduct(product));
const int8 = await open({ precision: "int8", ...large });
const fp32 = await open({ precision: "fp32", ...large });
const own = await Promise.all(encoderProducts.map(([, product]) => open(product)));
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
let withCopyMs = Number.POSITIVE_INFINITY;
for (let round = 0; round < rounds; round++) {
  withCopyMs = Math.min(withCopyMs, await processorMs(encode));
  await profiled.run(mel.feeds);
  for (const product of [int8, fp32, ...own]) await product.run();
}

const [int8Ms, fp32Ms] = [await int8.least(), await fp32.least()];
const ownMs = await Promise.all(own.map((product) => product.least()));
const sum = (ms: (product: Product, index: number) => number) =>
  encoderProducts.reduce((total, [count, product], index) => total + count * ms(product, index), 0);
const productsMs = {
  own: sum((_, index) => ownMs[index]!),
  large: sum((product) => (multiplyAdds(product) / edge ** 3) * (product.precision === "int8" ? int8Ms : fp32Ms)),
};
const { graphMs, nodes } = await profiled.least();
console.log(
  JSON.stringify({
    graphMs,
    withCopyMs,
    productsMs,
    share: {
      own: productsMs.own / graphMs,
      large: productsMs.large / graphMs,
      withCopy: productsMs.large / withCopyMs,
    },
    least: { int8Ms, fp32Ms, ownMs },
    nodesMs: byKind(nodes),
  }),
);
