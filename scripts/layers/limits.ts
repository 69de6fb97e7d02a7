import { MediaError } from "../../layers/core/index.ts";
import type { Zip } from "./zip.ts";

/** Lambda's quota for a function's code and its layers together, unzipped: 250 MB of 1,048,576 bytes. */
export const unzippedLimitBytes = 262_144_000;
/** What may be sent in a request; a larger zip is taken from S3. */
export const directUploadLimitBytes = 50 * 1024 * 1024;

/** A function with what it runs on. */
export type Load = { name: string; codeBytes: number; layers: readonly { name: string; unzippedBytes: number }[] };

export const loadBytes = ({ codeBytes, layers }: Load) =>
  layers.reduce((sum, { unzippedBytes }) => sum + unzippedBytes, codeBytes);

/**
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 * @throws MediaError `layer.too_large` naming every function that is over the quota, and what its parts take
 */
export function requireFit(loads: readonly Load[]): void {
  const over = loads.filter((load) => loadBytes(load) > unzippedLimitBytes);
  if (over.length === 0) return;
  const lines = over.map((load) => {
    const parts = [`code ${count(load.codeBytes)}`, ...load.layers.map((l) => `${l.name} ${count(l.unzippedBytes)}`)];
    return `  ${load.name}: ${count(loadBytes(load))} bytes (${parts.join(", ")})`;
  });
  throw new MediaError(
    "layer.too_large",
    `Lambda takes ${count(unzippedLimitBytes)} bytes per function with its layers, unzipped. Over it:\n${lines.join("\n")}\n` +
      "Choose a smaller model (--model, --voice-model) or int8 (USE_INT8_QUANTIZATION=true).",
  );
}

export const uploadWay = ({ zippedBytes }: Pick<Zip, "zippedBytes">) =>
  zippedBytes <= directUploadLimitBytes ? "direct" : "through S3";

const count = (bytes: number) => bytes.toLocaleString("en-US");
