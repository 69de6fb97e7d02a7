import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writeGgml } from "../bench/ggml.ts";
import { writeSeededCheckpoint } from "./parity/seeded-checkpoint.ts";

it("writes a checkpoint as whisper.cpp reads it: sizes, filters, no tokens, and every tensor by its name there", async () => {
  const directory = await mkdtemp(join(tmpdir(), "halfgig-ggml-"));
  try {
    await writeSeededCheckpoint(directory);
    await writeGgml(directory, join(directory, "model.bin"));
    const file = await readFile(join(directory, "model.bin"));
    const integer = (index: number) => file.readInt32LE(4 * index);
    expect(file.subarray(0, 4).toString("latin1")).toBe("lmgg");
    // Vocabulary; audio: positions, width, heads, layers; text: the same; mel bins; float16.
    expect(Array.from({ length: 11 }, (_, n) => integer(n + 1))).toEqual([
      ...[51865, 1500, 384, 6, 4],
      ...[448, 384, 6, 4],
      ...[80, 1],
    ]);
    expect([integer(12), integer(13)]).toEqual([80, 201]);
    let at = 4 * (14 + 80 * 201);
    expect(file.readInt32LE(at)).toBe(0);
    at += 4;
    const tensors = new Map<string, string>();
    while (at < file.length) {
      const [dims, nameBytes, type] = [0, 4, 8].map((more) => file.readInt32LE(at + more)) as [number, number, number];
      const shape = Array.from({ length: dims }, (_, n) => file.readInt32LE(at + 12 + 4 * n));
      const begin = at + 12 + 4 * dims;
      tensors.set(file.toString("utf8", begin, begin + nameBytes), `${type === 1 ? "f16" : "f32"} ${shape.join(" ")}`);
      at = begin + nameBytes + shape.reduce((a, b) => a * b) * (type === 1 ? 2 : 4);
    }
    expect(at).toBe(file.length);
    expect(tensors.size).toBe(167);
    expect(Object.fromEntries(tensors)).toMatchObject({
      "encoder.conv1.weight": "f16 3 80 384",
      "encoder.conv1.bias": "f32 1 384",
      "encoder.positional_embedding": "f32 384 1500",
      "encoder.blocks.3.attn.query.weight": "f16 384 384",
      "encoder.blocks.0.mlp.0.weight": "f16 384 1536",
      "encoder.ln_post.bias": "f32 384",
      "decoder.token_embedding.weight": "f16 384 51865",
      "decoder.blocks.0.cross_attn.key.weight": "f16 384 384",
      "decoder.blocks.2.cross_attn_ln.weight": "f32 384",
      "decoder.ln.weight": "f32 384",
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
