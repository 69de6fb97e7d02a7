import { z } from "zod";
import { MediaError } from "../core/index.ts";
import { readCheckpointFile } from "./model-file.ts";

/** `model_type` of config.json, which says what is built from the folder. */
export async function readModelType(directory: string): Promise<string> {
  const { model_type } = await readConfigFile(directory, "config.json", z.object({ model_type: z.string() }));
  return model_type;
}

/** A configuration file of a detector's checkpoint. @throws MediaError as `readCheckpointFile` */
export function readConfigFile<T>(directory: string, fileName: string, schema: z.ZodType<T>): Promise<T> {
  return readCheckpointFile(directory, fileName, schema, "a detector");
}

const spoofWords = /spoof|fake|synth|generated|artificial|cloned|\bai\b|\btts\b/i;
const bonaFideWords = /bona.?fide|real|human|genuine|authentic|natural/i;

/**
 * The labels of a detector in the order of its logits, and which of them mean a synthetic voice, by their names.
 * @param id2label of config.json
 * @throws MediaError `model.invalid` where the names do not say which is which: a verdict must not be guessed
 */
export function readLabels(
  directory: string,
  id2label: Readonly<Record<string, string>>,
): { labels: string[]; spoofLabels: number[] } {
  const labels = Object.keys(id2label).map((_, index) => id2label[String(index)] ?? "");
  const spoofLabels = labels.flatMap((label, index) =>
    spoofWords.test(label) && !bonaFideWords.test(label) ? [index] : [],
  );
  const bonaFide = labels.filter((label) => bonaFideWords.test(label) && !spoofWords.test(label));
  if (labels.includes("") || spoofLabels.length === 0 || bonaFide.length === 0) {
    throw new MediaError(
      "model.invalid",
      `The labels of the checkpoint in ${directory} (${labels.slice(0, 8).join(", ")}) do not say which one means a ` +
        'synthetic voice. Name them in id2label of its config.json, e.g. {"0": "bonafide", "1": "spoof"}.',
    );
  }
  return { labels, spoofLabels };
}
