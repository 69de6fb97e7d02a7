import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { WhisperModel } from "../../layers/inference/index.ts";
import { buildModel, type Precision } from "../../layers/models/index.ts";
import type { Subject } from "./comparisons.ts";
import { writeSeededCheckpoint } from "./seeded-checkpoint.ts";

export const demoCheckpoint = fileURLToPath(new URL("../../layers/models/demo/whisper", import.meta.url));

/** The checkpoints that parity is shown on, and the golden numbers of each. */
export const checkpoints = [
  { name: "the demo model", golden: "demo.json", seededWeights: false },
  { name: "seeded weights at whisper-tiny's sizes", golden: "whisper-tiny-seeded.json", seededWeights: true },
] as const;

/** A temporary folder with one of the checkpoints, in which its models are built. */
export class Workplace implements AsyncDisposable {
  readonly #directory: string;
  readonly #checkpoint: string;

  private constructor(directory: string, checkpoint: string) {
    this.#directory = directory;
    this.#checkpoint = checkpoint;
  }

  static async create({ seededWeights }: { seededWeights: boolean }): Promise<Workplace> {
    const directory = await mkdtemp(join(tmpdir(), "halfgig-parity-"));
    if (seededWeights) await writeSeededCheckpoint(directory);
    return new Workplace(directory, seededWeights ? directory : demoCheckpoint);
  }

  async open(precision: Precision): Promise<Subject> {
    const directory = join(this.#directory, precision);
    const identity = { id: "parity", revision: "", licence: "", demo: true };
    await buildModel({ checkpointDirectory: this.#checkpoint, outputDirectory: directory, precision, identity });
    return { directory, model: await WhisperModel.load({ directory }) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }
}
