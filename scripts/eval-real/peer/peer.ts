import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { promisify } from "node:util";
import { bytesFromPcm } from "../../../layers/audio/index.ts";
import { cacheDirectory, checkpointOf, type RealModelName, type RealModels } from "../../real-models/index.ts";

/** Times in seconds, as faster-whisper tells them. */
export type PeerSegment = {
  start: number;
  end: number;
  text: string;
  words: { start: number; end: number; text: string }[];
};
export type PeerResult = {
  language: string;
  segments: PeerSegment[];
  seconds: number;
  cpuSeconds: number;
  /** Of its process until now. */
  peakRssMiB: number;
};

export type PeerOptions = {
  model: RealModelName;
  precision?: "int8" | "fp32";
  threads?: number;
  /** Windows at once, by its batched pipeline; 0: its ordinary loop. */
  batch?: number;
  language?: string | undefined;
  /** More of what its `transcribe` takes. */
  more?: Record<string, unknown>;
};

/** What everybody compares: greedy, as halfgig and the reference decode here. */
const greedy = { beam_size: 1, best_of: 1 };

/** faster-whisper in a process of its own. Requests may be made before earlier ones are answered; they are worked on in turn. */
export class Peer implements AsyncDisposable {
  readonly #python: string;
  readonly #models: RealModels;
  #child: ChildProcessWithoutNullStreams | undefined;
  #lines: AsyncIterator<string> | undefined;
  #reader: Interface | undefined;
  #directory: string | undefined;
  #count = 0;

  constructor(python: string, models: RealModels) {
    this.#python = python;
    this.#models = models;
  }

  /** Another process, which has no memory of this one's models. */
  fresh(): Peer {
    return new Peer(this.#python, this.#models);
  }

  async versions(): Promise<Record<string, string>> {
    return await this.#ask<Record<string, string>>({ do: "versions" });
  }

  /** OpenAI's English normaliser. */
  async normalise(texts: readonly string[]): Promise<string[]> {
    return (await this.#ask<{ texts: string[] }>({ do: "normalise", texts })).texts;
  }

  async transcribe(pcm: Float32Array, options: PeerOptions): Promise<PeerResult> {
    const { model, precision = "int8", threads = 1, batch = 0, language, more = {} } = options;
    this.#directory ??= await mkdtemp(join(tmpdir(), "halfgig-peer-"));
    const file = join(this.#directory, `${this.#count++}.pcm`);
    await writeFile(file, bytesFromPcm(pcm));
    const result = await this.#ask<PeerResult>({
      do: "transcribe",
      model: await this.#converted(model),
      pcm: file,
      compute: precision === "int8" ? "int8" : "float32",
      threads,
      batch,
      options: { ...greedy, ...(language === undefined ? {} : { language }), ...more },
    });
    await rm(file);
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child?.stdin.end();
    this.#reader?.close();
    if (this.#directory) await rm(this.#directory, { recursive: true, force: true });
  }

  async #ask<Reply>(request: Record<string, unknown>): Promise<Reply> {
    if (!this.#child) this.#start();
    this.#child!.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#lines!.next();
    if (done) throw new Error("faster-whisper ended without an answer; what it said is above.");
    const reply = JSON.parse(value) as Reply & { error?: string };
    if (reply.error !== undefined) throw new Error(`faster-whisper: ${reply.error}`);
    return reply;
  }

  #start(): void {
    this.#child = spawn(this.#python, [join(import.meta.dirname, "faster_whisper_server.py")], {
      env: { ...process.env, HF_HUB_OFFLINE: "1" },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#child.stderr.pipe(process.stderr);
    this.#reader = createInterface({ input: this.#child.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** The same weights in CTranslate2's form, made once for each state of the checkpoint. */
  async #converted(name: RealModelName): Promise<string> {
    const checkpoint = checkpointOf(this.#models, name);
    const { size, mtimeMs } = await stat(join(checkpoint, "model.safetensors"));
    const output = join(cacheDirectory(), "eval-real", "ctranslate2", `${name}-${size}-${Math.round(mtimeMs)}`);
    if (!existsSync(output)) {
      const program = join(import.meta.dirname, "ctranslate2_model.py");
      await promisify(execFile)(this.#python, [program, checkpoint, output]);
    }
    return output;
  }
}
