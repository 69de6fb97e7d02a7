import { join } from "node:path";
import { z } from "zod";
import { weightBytesSchema } from "./byte-products.ts";
import { isIntact, readModelFile } from "./model-file.ts";

/** Name of the manifest inside a built model's folder. It is written last, so a folder that has one is complete. */
export const manifestFileName = "model.json";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What the manifest of every kind of model says of its building; all else it says describes the checkpoint. */
export const builtFields = {
  format: z.literal(1),
  /** Version of the graph builder that wrote the folder. */
  builder: z.int().positive(),
  id: z.string().min(1),
  revision: z.string(),
  licence: z.string(),
  /** True for the small models shipped with halfgig: everything they produce must be labelled. */
  demo: z.boolean(),
  precision: z.enum(["fp32", "int8"]),
  /** How int8 weights are stored; absent for fp32. */
  weightBytes: weightBytesSchema.optional(),
  /** SHA-256 of the checkpoint's weights, and of a Whisper's configuration files. */
  checkpointSha256: sha256,
  files: z.record(z.string(), z.object({ sizeBytes: z.int().nonnegative(), sha256 })),
};

/** Everything that a manifest says which follows from the checkpoint's configuration files. */
export type Described<Manifest> = Omit<Manifest, keyof typeof builtFields>;

/** How the manifest of one kind of model is read. */
export type ManifestReader<Manifest> = {
  /** @throws MediaError `model.missing` when the folder has none, `model.invalid` when it is none of this kind and version */
  read(directory: string): Promise<Manifest>;
  /** The manifest of a model whose files are all there with the sizes that it names; undefined for anything less. */
  readIntact(directory: string): Promise<Manifest | undefined>;
};

/** @param kind what the errors call it: "a voice model" */
export function manifestReader<Manifest extends { files: Readonly<Record<string, { sizeBytes: number }>> }>(
  schema: z.ZodType<Manifest>,
  kind: string,
): ManifestReader<Manifest> {
  const read = (directory: string) => {
    const path = join(directory, manifestFileName);
    return readModelFile(path, schema, {
      missing: `There is no built model in ${directory}: ${manifestFileName} is not there.`,
      invalid: () =>
        `${path} is not the manifest of ${kind} of this version of halfgig. Delete ${directory}; it is built again when needed.`,
    });
  };
  return {
    read,
    async readIntact(directory) {
      const manifest = await read(directory).catch(() => undefined);
      return manifest && (await isIntact(directory, manifest)) ? manifest : undefined;
    },
  };
}
