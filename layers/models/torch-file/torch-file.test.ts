import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MediaError } from "../../core/index.ts";
import { toFloat32 } from "../dtype.ts";
import { TorchFile } from "./index.ts";
import { tensorPickle, zipOf } from "./samples.fixture.ts";

/** Written by torch.save, see test/parity/voice_golden.py. */
const savedPath = fileURLToPath(new URL("../../../test/fixtures/parity/weights.pt", import.meta.url));

let directory: string;
let saved: Buffer;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-torch-"));
  saved = await readFile(savedPath);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function openBytes(bytes: Uint8Array): Promise<Map<string, Uint8Array>> {
  const path = join(directory, "file.pt");
  await writeFile(path, bytes);
  await using file = await TorchFile.open(path);
  const read = new Map<string, Uint8Array>();
  for (const [name, info] of file.tensors) read.set(name, await file.readBytes(info));
  return read;
}

/** Opens, and accepts one kind of failure only. */
async function openHostile(bytes: Uint8Array): Promise<void> {
  try {
    await openBytes(bytes);
  } catch (error) {
    if (!(error instanceof MediaError) || error.code !== "model.invalid") throw error;
  }
}

describe("TorchFile on a file of torch.save", () => {
  it("finds the state dict inside other dicts, with formats and shapes", async () => {
    await using file = await TorchFile.open(savedPath);
    expect([...file.tensors].map(([name, { dtype, shape }]) => [name, dtype, shape])).toEqual([
      ["weight", "F32", [3, 4]],
      ["tail", "F32", [4]],
      ["half", "F16", [2, 2]],
      ["bfloat", "BF16", [3]],
      ["steps", "I64", []],
      ["parameter", "F32", [1]],
      ["empty", "F32", [0, 3]],
    ]);
  });

  it("reads views into a shared storage, and every float format exactly", async () => {
    await using file = await TorchFile.open(savedPath);
    const numbers = async (name: string, dtype: "F32" | "F16" | "BF16") => [
      ...toFloat32(dtype, await file.readBytes(file.tensors.get(name)!)),
    ];
    expect(await numbers("weight", "F32")).toEqual(Array.from({ length: 12 }, (_, i) => (i + 4) / 8));
    expect(await numbers("tail", "F32")).toEqual([2.5, 2.625, 2.75, 2.875]);
    expect(await numbers("half", "F16")).toEqual([0.5, -1.25, 65504, 2 ** -24]);
    expect(await numbers("bfloat", "BF16")).toEqual([1, -3.5, 2 ** 100]);
    expect(await numbers("parameter", "F32")).toEqual([1.5]);
  });
});

describe("TorchFile on hostile files", () => {
  const refusal = async (entries: Record<string, Uint8Array>, options?: Parameters<typeof zipOf>[1]) => {
    const error = await openBytes(zipOf(entries, options)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MediaError);
    expect((error as MediaError).code).toBe("model.invalid");
    return (error as MediaError).message;
  };
  const numbers = new Uint8Array(16);
  const good = { "a/data.pkl": tensorPickle(), "a/data/0": numbers };

  it("reads its own sample, also in ZIP64", async () => {
    expect([...(await openBytes(zipOf(good))).keys()]).toEqual(["w"]);
    expect([...(await openBytes(zipOf(good, { zip64: true }))).keys()]).toEqual(["w"]);
  });

  it.each(["posix\nsystem", "builtins\neval", "torch\nload", "torch._utils\n_rebuild_tensor", "collections\ndeque"])(
    "never builds what is no tensor: %j",
    async (name) => {
      const pickle = Buffer.from(`\x80\x02c${name}\nX\x02\x00\x00\x00ls\x85R.`, "latin1");
      expect(await refusal({ "a/data.pkl": pickle })).toContain("asks for");
    },
  );

  it.each([
    ["an opcode that calls constructors", Buffer.from("\x80\x02}\x81.", "latin1"), "opcode 0x81"],
    ["a text longer than the file", Buffer.from("\x80\x02X\xff\xff\xff\x7f.", "latin1"), "ends in the middle"],
    ["a value that was never stored", Buffer.from("\x80\x02h\x07.", "latin1"), "never stored"],
    ["no tensor at all", Buffer.from("\x80\x02}.", "latin1"), "no tensor"],
    ["an unfinished pickle", Buffer.from("\x80\x02}", "latin1"), "ends in the middle"],
  ])("refuses %s", async (_, pickle, reason) => {
    expect(await refusal({ "a/data.pkl": pickle })).toContain(reason);
  });

  it.each([
    ["a tensor beyond its storage", tensorPickle({ shape: [5] }), "leaves its storage"],
    ["an offset beyond its storage", tensorPickle({ offset: 1 }), "leaves its storage"],
    ["sizes whose product overflows", tensorPickle({ shape: [65535, 65535, 65535, 65535] }), "leaves its storage"],
    ["a storage that claims more than is there", tensorPickle({ elements: 60000 }), "16 bytes where"],
    ["a transposed view", tensorPickle({ shape: [2, 2], stride: [1, 2] }), "one piece"],
  ])("refuses %s", async (_, pickle, reason) => {
    expect(await refusal({ ...good, "a/data.pkl": pickle })).toContain(reason);
  });

  it("refuses compressed members, missing numbers, other byte orders and other files", async () => {
    expect(await refusal(good, { method: 8 })).toContain("compressed");
    expect(await refusal({ "a/data.pkl": tensorPickle() })).toContain("not in it");
    expect(await refusal({ ...good, "a/byteorder": Buffer.from("big") })).toContain("little-endian");
    expect(await refusal({ "a/other": numbers })).toContain("no data.pkl");
    await expect(openBytes(Buffer.from("\x80\x02}q\x00.", "latin1"))).rejects.toThrow("not a ZIP archive");
    await expect(openBytes(new Uint8Array(0))).rejects.toThrow("not a ZIP archive");
  });

  it("survives tuples that double in size with every step", async () => {
    const doubling = Buffer.from(`\x80\x02)q\x00${"h\x00h\x00\x86q\x00".repeat(200)}.`, "latin1");
    expect(await refusal({ "a/data.pkl": doubling })).toContain("no tensor");
    const asName = Buffer.from(`\x80\x02)q\x00${"h\x00h\x00\x86q\x00".repeat(200)}h\x00\x93.`, "latin1");
    expect(await refusal({ "a/data.pkl": asName })).toContain("a name is needed");
  });

  it("throws nothing but MediaError model.invalid, whatever bytes of the file change", async () => {
    const change = fc.record({ at: fc.nat(), byte: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), fc.option(fc.nat()), async (changes, cut) => {
        const bytes = Buffer.from(cut === null ? saved : saved.subarray(0, cut % saved.length));
        for (const { at, byte } of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
        await openHostile(bytes);
      }),
      { numRuns: 1500 },
    );
  });

  it("throws nothing else for any pickle either", async () => {
    const opcodes = fc.constantFrom(
      ..."\x80\x95.(N\x88\x89KMJ\x8aGX\x8c\x8d})]\x85\x86\x87taesuqr\x94hjc\x93QRb".split(""),
    );
    const piece = fc.oneof({ weight: 3, arbitrary: opcodes }, fc.string({ unit: "binary-ascii", maxLength: 3 }));
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
        await openHostile(zipOf({ "a/data.pkl": Buffer.from(`${pieces.join("")}.`, "latin1"), "a/data/0": numbers }));
      }),
      { numRuns: 1500 },
    );
  });
});
