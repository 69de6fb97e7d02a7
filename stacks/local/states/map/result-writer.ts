import { stateMachineArn } from "../arns.ts";
import type { MapState } from "../definition/types.ts";
import { StatesError } from "../errors.ts";
import { readRecords } from "../journal/reader.ts";
import type { JournalRecord } from "../journal/record.ts";
import { isObject } from "../json.ts";
import { scopeKey } from "../scope-key.ts";
import type { Step } from "../step.ts";
import { type ChildIdentity, childIdentity } from "./child.ts";
import type { MapRunProgress } from "./map-run-progress.ts";

/** A result file is closed when it has grown to this, so that a map of any size is written in small pieces. */
const maxFileBytes = 4 * 2 ** 20;

type Group = "SUCCEEDED" | "FAILED" | "PENDING";
type ResultFile = { Key: string; Size: number };

/**
 * Writes a map run's results as Step Functions does: `<prefix>/<uuid>/manifest.json` and SUCCEEDED_n.json,
 * FAILED_n.json, PENDING_n.json beside it.
 * https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
 */
export class MapResultFiles {
  readonly #step: Step<MapState>;
  readonly #run: MapRunProgress;
  readonly #bucket: string;
  readonly #folder: string;
  readonly #files: Record<Group, ResultFile[]> = { FAILED: [], PENDING: [], SUCCEEDED: [] };
  readonly #open = new Map<Group, { records: string[]; sizeBytes: number }>();

  private constructor(step: Step<MapState>, run: MapRunProgress, bucket: string, prefix: string) {
    this.#step = step;
    this.#run = run;
    this.#bucket = bucket;
    this.#folder = `${prefix === "" ? "" : `${prefix.replace(/\/$/, "")}/`}${run.uuid}`;
  }

  static async of(step: Step<MapState>, run: MapRunProgress): Promise<MapResultFiles | undefined> {
    const { ResultWriter } = step.state;
    if (!ResultWriter) return undefined;
    const target = await step.evaluate("ResultWriter/Arguments", ResultWriter.Arguments);
    const { Bucket, Prefix = "" } = isObject(target) ? target : {};
    if (typeof Bucket !== "string" || typeof Prefix !== "string") {
      throw new StatesError("States.ResultWriterFailed", `The ResultWriter of the Map '${step.name}' has no Bucket.`);
    }
    return new MapResultFiles(step, run, Bucket, Prefix);
  }

  /** A child that was never started. */
  async addPending(index: number, input: string): Promise<void> {
    await this.#add("PENDING", { ...this.#identity(index, input), Status: "PENDING" });
  }

  /** Writes what is left, and the manifest. Results come from the journal, not from memory. */
  async finish(): Promise<{ Bucket: string; Key: string }> {
    const { journal, journalPath } = this.#step.scope.host;
    await journal.flush();
    const prefix = scopeKey(this.#step.attempt, "c", 0).slice(0, -1);
    for await (const record of readRecords<JournalRecord>(journalPath)) {
      const index = record.scope.startsWith(prefix) ? record.scope.slice(prefix.length) : "";
      if (record.ended?.child && /^\d+$/.test(index)) await this.#addEnded(Number(index), record);
    }
    for (const group of this.#open.keys()) await this.#close(group);
    const Key = `${this.#folder}/manifest.json`;
    await this.#put(Key, {
      DestinationBucket: this.#bucket,
      MapRunArn: this.#run.arn,
      ResultFiles: this.#files,
    });
    return { Bucket: this.#bucket, Key };
  }

  async #addEnded(index: number, { ended, events }: JournalRecord): Promise<void> {
    const { status, error, cause, child } = ended!;
    const last = events.at(-1);
    const output = last?.executionSucceededEventDetails?.output;
    await this.#add(status === "SUCCEEDED" ? "SUCCEEDED" : "FAILED", {
      ...this.#identity(index, child!.input),
      ...(output === undefined ? {} : { Output: output, OutputDetails: { Included: true } }),
      ...(error === undefined ? {} : { Error: error }),
      ...(cause === undefined ? {} : { Cause: cause }),
      RedriveCount: 0,
      StartDate: child!.startDate,
      Status: status,
      StopDate: last?.timestamp,
    });
  }

  #identity(index: number, input: string) {
    const { arn, name, machine }: ChildIdentity = childIdentity(this.#step, this.#run, index);
    return {
      ExecutionArn: arn,
      Input: input,
      InputDetails: { Included: true },
      Name: name,
      StateMachineArn: stateMachineArn(this.#step.scope.host.partition, machine),
    };
  }

  async #add(group: Group, record: object): Promise<void> {
    const text = JSON.stringify(record);
    const file = this.#open.get(group) ?? { records: [], sizeBytes: 0 };
    file.records.push(text);
    file.sizeBytes += Buffer.byteLength(text) + 1;
    this.#open.set(group, file);
    if (file.sizeBytes >= maxFileBytes) await this.#close(group);
  }

  async #close(group: Group): Promise<void> {
    const file = this.#open.get(group);
    if (!file || file.records.length === 0) return;
    this.#open.set(group, { records: [], sizeBytes: 0 });
    const key = `${this.#folder}/${group}_${this.#files[group].length}.json`;
    const size = await this.#put(key, `[${file.records.join(",")}]`);
    this.#files[group].push({ Key: key, Size: size });
  }

  async #put(key: string, body: string | object): Promise<number> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    try {
      await this.#step.scope.host.objects.put(this.#bucket, key, text);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new StatesError(
        "States.ResultWriterFailed",
        `The results of the Map '${this.#step.name}' could not be written to ${this.#bucket}/${key}: ${reason}`,
        { cause: error },
      );
    }
    return Buffer.byteLength(text);
  }
}
