import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { whisperTinyConfig, writeSeededCheckpoint } from "../parity/seeded-checkpoint.ts";

/** Printable characters that stand for themselves in byte-level BPE and need no escape in JSON. */
const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/**
 * A checkpoint of whisper-tiny's true sizes with seeded weights and a vocabulary of its size, in `<modelsDirectory>/<name>`.
 * It needs as much memory and time for a token as the real one; what it writes is noise.
 */
export async function writeTrueSizeModel(modelsDirectory: string, name: string): Promise<void> {
  const directory = join(modelsDirectory, name);
  await mkdir(directory, { recursive: true });
  await writeSeededCheckpoint(directory);
  const path = join(directory, "tokenizer.json");
  const tokenizer = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
  const vocab: Record<string, number> = {};
  for (let id = 0; id < whisperTinyConfig.eos_token_id; id++) vocab[word(id)] = id;
  await writeFile(path, JSON.stringify({ ...tokenizer, model: { type: "BPE", vocab, merges: [] } }));
}

/** Three letters, after the byte of a space in every other one. */
function word(id: number): string {
  const letter = (place: number) => letters[Math.floor(id / letters.length ** place) % letters.length];
  return `${id % 2 === 0 ? "Ġ" : ""}${letter(2)}${letter(1)}${letter(0)}`;
}
