import { filesBelow, type LayerFile } from "../packing/index.ts";

/** The folder of a model below /opt. */
export const modelLayerPath = (id: string) => `models/${id}`;

/** The layer `models`: the folders of built models, by their ids. */
export async function modelsLayer(models: readonly { id: string; directory: string }[]): Promise<LayerFile[]> {
  const files = await Promise.all(models.map(({ id, directory }) => filesBelow(directory, modelLayerPath(id))));
  return files.flat();
}
