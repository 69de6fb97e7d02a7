import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { MediaError } from "../core/index.ts";

/** What the errors say: of a file that is absent, and of one that is not what the schema asks for. */
export type ModelFileWords = { missing: string; invalid: (detail: string) => string };

/**
 * Reads a JSON file of a checkpoint or of a built model.
 * @throws MediaError `model.missing` when it is absent, `model.invalid` when the schema refuses it
 */
export async function readModelFile<T>(path: string, schema: z.ZodType<T>, words: ModelFileWords): Promise<T> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new MediaError("model.missing", words.missing, { cause });
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const detail = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new MediaError("model.invalid", words.invalid(detail), { cause });
  }
}

/**
 * A configuration file of a checkpoint.
 * @param kind what the file should describe, for the error: "a Whisper"
 * @throws MediaError as `readModelFile`
 */
export function readCheckpointFile<T>(
  directory: string,
  fileName: string,
  schema: z.ZodType<T>,
  kind: string,
): Promise<T> {
  const path = join(directory, fileName);
  return readModelFile(path, schema, {
    missing: `The checkpoint in ${directory} is incomplete: it has no ${fileName}.`,
    invalid: (detail) => `${path} does not describe ${kind} that halfgig can build: ${detail}`,
  });
}

/** Whether every file that a manifest names is there with the size that it names. */
export async function isIntact(
  directory: string,
  { files }: { files: Readonly<Record<string, { sizeBytes: number }>> },
): Promise<boolean> {
  for (const [name, { sizeBytes }] of Object.entries(files)) {
    const file = await stat(join(directory, name)).catch(() => undefined);
    if (file?.size !== sizeBytes) return false;
  }
  return true;
}
