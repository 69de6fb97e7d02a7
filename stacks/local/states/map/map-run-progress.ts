import type { Ended } from "../journal/record.ts";
import type { Json } from "../json.ts";
import { maxPayloadBytes } from "../payload.ts";

const succeeded = 1;
const failed = 2;

/**
 * How far a distributed Map has come: one byte per child, and the outputs only while they could still be the Map's
 * result. With a ResultWriter they stay in the journal; without one the result may not exceed a payload's 256 KiB, so
 * no more than that is ever held.
 */
export class MapRunProgress {
  readonly uuid: string;
  readonly arn: string;
  failedItemCount = 0;
  #status = new Uint8Array(64);
  #outputs: Map<number, string> | undefined;
  #outputBytes = 0;
  readonly #keepsOutputs: boolean;

  constructor(run: { uuid: string; arn: string; keepsOutputs: boolean }) {
    this.uuid = run.uuid;
    this.arn = run.arn;
    this.#keepsOutputs = run.keepsOutputs;
    this.#outputs = run.keepsOutputs ? new Map() : undefined;
  }

  hasEnded(index: number): boolean {
    return (this.#status[index] ?? 0) !== 0;
  }

  /** `output` is the JSON text of a child that succeeded. */
  settle(index: number, ended: Ended, output: string | undefined): void {
    this.#grow(index);
    this.#status[index] = ended.status === "SUCCEEDED" ? succeeded : failed;
    if (ended.status !== "SUCCEEDED") {
      this.failedItemCount += ended.child?.itemCount ?? 1;
    } else if (this.#outputs && output !== undefined) {
      this.#outputBytes += Buffer.byteLength(output) + 1;
      this.#outputs.set(index, output);
      if (this.#outputBytes > maxPayloadBytes) this.#outputs = undefined;
    }
  }

  /** The outputs of the children that succeeded, in the items' order; `undefined` when they outgrew a payload. */
  outputs(): Json[] | undefined {
    if (!this.#keepsOutputs || !this.#outputs) return undefined;
    return [...this.#outputs].sort(([a], [b]) => a - b).map(([, output]) => JSON.parse(output) as Json);
  }

  #grow(index: number): void {
    if (index < this.#status.length) return;
    const larger = new Uint8Array(Math.max(index + 1, this.#status.length * 2));
    larger.set(this.#status);
    this.#status = larger;
  }
}
