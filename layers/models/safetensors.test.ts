import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SafetensorsFile } from "./safetensors.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-safetensors-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

function encode(header: unknown, data: Uint8Array, headerBytes?: bigint): Buffer {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(headerBytes ?? BigInt(text.length));
  return Buffer.concat([length, text, data]);
}

async function open(bytes: Uint8Array): Promise<SafetensorsFile> {
  const path = join(directory, "model.safetensors");
  await writeFile(path, bytes);
  return SafetensorsFile.open(path);
}

describe("SafetensorsFile", () => {
  it("reads whole tensors and parts of them", async () => {
    const header = {
      __metadata__: { format: "pt" },
      b: { dtype: "U8", shape: [2], data_offsets: [8, 10] },
      a: { dtype: "F32", shape: [2, 1], data_offsets: [0, 8] },
      empty: { dtype: "F16", shape: [0, 3], data_offsets: [10, 10] },
    };
    await using file = await open(encode(header, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)));
    expect([...file.tensors.keys()]).toEqual(["a", "b", "empty"]);
    const a = file.tensors.get("a")!;
    expect(a).toMatchObject({ dtype: "F32", shape: [2, 1], sizeBytes: 8 });
    expect([...(await file.readBytes(a, 4, 8))]).toEqual([5, 6, 7, 8]);
    expect([...(await file.readBytes(file.tensors.get("b")!))]).toEqual([9, 10]);
  });

  const tensor = (dtype: string, shape: number[], start: number, end: number) => ({
    dtype,
    shape,
    data_offsets: [start, end],
  });
  it.each<[string, Uint8Array]>([
    ["no header", Uint8Array.of(1, 2, 3)],
    ["a header longer than the file", encode({}, new Uint8Array(0), 1000n)],
    ["a header over the format's limit", encode({}, new Uint8Array(0), 1n << 40n)],
    ["a header that is not JSON", encode("{", new Uint8Array(0))],
    ["a header that is not an object", encode("[1]", new Uint8Array(0))],
    ["no offsets", encode({ a: { dtype: "U8", shape: [1] } }, new Uint8Array(1))],
    ["an unknown format", encode({ a: tensor("F7", [1], 0, 1) }, new Uint8Array(1))],
    ["a size that does not follow from the shape", encode({ a: tensor("F32", [2], 0, 4) }, new Uint8Array(4))],
    ["sizes beyond exact integers", encode({ a: tensor("F32", [2 ** 40, 2 ** 40], 0, 4) }, new Uint8Array(4))],
    ["tensors that overlap", encode({ a: tensor("U8", [4], 0, 4), b: tensor("U8", [4], 2, 6) }, new Uint8Array(6))],
    ["a hole", encode({ a: tensor("U8", [1], 0, 1), b: tensor("U8", [1], 2, 3) }, new Uint8Array(3))],
    ["data that ends early", encode({ a: tensor("U8", [4], 0, 4) }, new Uint8Array(3))],
    ["bytes that no tensor has", encode({ a: tensor("U8", [1], 0, 1) }, new Uint8Array(2))],
  ])("refuses %s", async (_name, bytes) => {
    await expect(open(bytes)).rejects.toMatchObject({ code: "model.invalid" });
  });

  it("opens or refuses with a code, whatever the bytes", async () => {
    const header = encode({ a: tensor("U8", [4], 0, 4) }, new Uint8Array(4));
    await fc.assert(
      fc.asyncProperty(fc.nat(header.length - 1), fc.nat(255), fc.nat(header.length), async (at, value, length) => {
        const bytes = Buffer.from(header);
        bytes[at] = value;
        const outcome = await open(bytes.subarray(0, length)).then(
          async (file) => {
            await file[Symbol.asyncDispose]();
            return "opened";
          },
          (error: { code?: string }) => error.code,
        );
        expect(["opened", "model.invalid"]).toContain(outcome);
      }),
    );
  });
});
