import { createHash, randomUUID } from "node:crypto";

/** Hash names of Step Functions' `$hash`, as node:crypto calls them. */
const hashAlgorithms: Record<string, string> = {
  MD5: "md5",
  "SHA-1": "sha1",
  "SHA-256": "sha256",
  "SHA-384": "sha384",
  "SHA-512": "sha512",
};

/** A `$range` longer than this would only be a way to use up the host's memory. */
const maxRangeLength = 1_000_000;

function partition(array: unknown, size: unknown): unknown[][] | undefined {
  if (array === undefined) return undefined;
  if (!Array.isArray(array)) throw new TypeError("$partition expects an array as its first argument");
  if (typeof size !== "number" || !Number.isInteger(size) || size < 1) {
    throw new TypeError("$partition expects a positive whole number as its second argument");
  }
  const parts: unknown[][] = [];
  for (let start = 0; start < array.length; start += size) parts.push(array.slice(start, start + size));
  return parts;
}

function range(first: unknown, last: unknown, step: unknown): number[] {
  if (typeof first !== "number" || typeof last !== "number" || typeof step !== "number") {
    throw new TypeError("$range expects three numbers: first, last, step");
  }
  if (step === 0) throw new RangeError("$range expects a step other than 0");
  const length = Math.max(0, Math.floor((last - first) / step) + 1);
  if (length > maxRangeLength)
    throw new RangeError(`$range would make ${length} numbers; ${maxRangeLength} is the most`);
  return Array.from({ length }, (_, index) => first + index * step);
}

function hash(text: unknown, algorithm: unknown): string | undefined {
  if (text === undefined) return undefined;
  if (typeof text !== "string") throw new TypeError("$hash expects a string as its first argument");
  const name = typeof algorithm === "string" ? hashAlgorithms[algorithm] : undefined;
  if (!name)
    throw new TypeError(`$hash expects one of ${Object.keys(hashAlgorithms).join(", ")} as its second argument`);
  return createHash(name).update(text).digest("hex");
}

/** With a seed the same number every time, in [0, 1): the first 53 bits of the seed's digest. */
function random(seed?: unknown): number {
  if (seed === undefined) return Math.random();
  if (typeof seed !== "number") throw new TypeError("$random expects a number as its seed");
  const digest = createHash("sha256").update(String(seed)).digest();
  return Number(digest.readBigUInt64BE(0) >> 11n) / 2 ** 53;
}

function parse(text: unknown): unknown {
  if (text === undefined) return undefined;
  if (typeof text !== "string") throw new TypeError("$parse expects a string");
  return JSON.parse(text) as unknown;
}

function refuseEval(): never {
  throw new Error("$eval is not available in Step Functions; use $parse to read a JSON string");
}

/**
 * What Step Functions adds to JSONata and what it takes away.
 * https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
 */
export const stepFunctionsFunctions: Record<string, (...args: unknown[]) => unknown> = {
  partition,
  range,
  hash,
  random,
  uuid: () => randomUUID(),
  parse,
  eval: refuseEval,
};
