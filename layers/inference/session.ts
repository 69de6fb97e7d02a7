import type { InferenceSession, Tensor } from "onnxruntime-node";
import { MediaError } from "../core/index.ts";

export type SessionOptions = {
  /** Threads inside one operator; default 1, the share of a small allocation. */
  readonly threads?: number;
  /**
   * Keep the activations' memory from run to run; default false. With the allocator's thresholds that functions run with, every
   * large activation is otherwise mapped and zeroed anew: the encoder takes 1.6 times as long. Costs about 20 MiB.
   */
  readonly arena?: boolean;
  /** `extra.session` entries of onnxruntime's configuration. */
  readonly extra?: Readonly<Record<string, string>>;
};

/**
 * Tensors by name, freed together. Where the map owns their memory it is given back at once: the runtime's own disposal leaves it to
 * the garbage collector, which lets a window's worth of tensors pile up (22 to 40 MiB were measured).
 */
export class TensorMap implements Disposable {
  readonly #tensors: Readonly<Record<string, Tensor>>;
  readonly #ownsMemory: boolean;
  #disposed = false;

  /** @param options.ownsMemory nobody else reads the tensors' arrays once this map is disposed */
  constructor(tensors: Readonly<Record<string, Tensor>>, { ownsMemory = false }: { ownsMemory?: boolean } = {}) {
    this.#tensors = tensors;
    this.#ownsMemory = ownsMemory;
  }

  get(name: string): Tensor {
    const tensor = this.#tensors[name];
    if (!tensor) throw new RangeError(`no tensor ${name}; there are ${Object.keys(this.#tensors).join(", ")}`);
    return tensor;
  }

  /** The tensors as inputs for a run. */
  get feeds(): Readonly<Record<string, Tensor>> {
    return this.#tensors;
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const tensor of Object.values(this.#tensors)) {
      if (this.#ownsMemory) release(tensor);
      tensor.dispose();
    }
  }
}

/** Detaching an ArrayBuffer frees its memory without waiting for a collection. */
function release(tensor: Tensor): void {
  const { data } = tensor;
  if (ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer && !data.buffer.detached) data.buffer.transfer(0);
}

/** What onnxruntime is told of every session. */
export function runtimeOptions({
  threads = 1,
  arena = false,
  extra = {},
}: SessionOptions): InferenceSession.SessionOptions {
  return {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "extended",
    enableMemPattern: false,
    enableCpuMemArena: arena,
    logSeverityLevel: 3,
    extra: { session: extra },
  };
}

/**
 * One ONNX model in memory. Opened by path, so that onnxruntime maps the weights' file instead of copying it; without memory
 * patterns and, unless asked for, without the arena, whose growth is what an allocation fixed in advance cannot afford.
 */
export class Session implements AsyncDisposable {
  readonly #session: InferenceSession;
  readonly #Tensor: typeof Tensor;

  private constructor(session: InferenceSession, tensorClass: typeof Tensor) {
    this.#session = session;
    this.#Tensor = tensorClass;
  }

  /** @throws MediaError `model.invalid` when onnxruntime cannot load the file. */
  static async open(path: string, options: SessionOptions = {}): Promise<Session> {
    const runtime = await import("./runtime.ts");
    try {
      const session = await runtime.InferenceSession.create(path, runtimeOptions(options));
      return new Session(session, runtime.Tensor);
    } catch (cause) {
      throw new MediaError("model.invalid", `onnxruntime cannot load ${path}. Delete its folder; it is built again.`, {
        cause,
      });
    }
  }

  tensor(data: Float32Array, dims: readonly number[]): Tensor {
    return new this.#Tensor("float32", data, dims);
  }

  integers(values: readonly number[], dims: readonly number[]): Tensor {
    return new this.#Tensor("int64", BigInt64Array.from(values, BigInt), dims);
  }

  /** Runs the model; the outputs are the caller's to dispose, with the arrays in them. */
  async run(feeds: Readonly<Record<string, Tensor>>): Promise<TensorMap> {
    return new TensorMap(await this.#session.run(feeds), { ownsMemory: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.release();
  }
}
