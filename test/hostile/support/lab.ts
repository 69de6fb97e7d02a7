import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { JobStatus } from "../../../cli/client.ts";
import type { ErrorCode, JobId } from "../../../layers/core/index.ts";
import { stateMachineArn } from "../../../stacks/local/environment.ts";
import { type DemoHost, openDemoHost } from "../../e2e/support/demo-host.ts";
import { readTranscript, send, sendWithTranscript, textOf } from "../../e2e/support/send.ts";
import { expectClear, expectSound, plain } from "./invariants.ts";
import { Kitchen } from "./kitchen.ts";
import { Orphans } from "./orphans.ts";
import type { Heard, Row } from "./row.ts";
import { Tally } from "./tally.ts";
import { openTrap, type Trap } from "./trap.ts";

/** How much of its allocation a function may have touched. */
const memoryShare = 0.9;

/** One embedded host that takes every input of the tables, looked over after each. */
export class Lab implements AsyncDisposable {
  readonly tally = new Tally();
  readonly #demo: DemoHost;
  readonly #trap: Trap;
  readonly #kitchen: Kitchen;
  readonly #orphans: Orphans;
  #canary = "";
  #judgedReports = 0;

  private constructor(demo: DemoHost, trap: Trap, orphans: Orphans) {
    this.#demo = demo;
    this.#trap = trap;
    this.#orphans = orphans;
    this.#kitchen = new Kitchen(join(demo.directory, "inputs"), trap);
  }

  static async open(settings: Record<string, string> = {}): Promise<Lab> {
    const trap = await openTrap();
    const demo = await openDemoHost(settings);
    await mkdir(join(demo.directory, "inputs"));
    const lab = new Lab(demo, trap, await Orphans.of(demo));
    lab.#canary = await lab.#canaryDigest(send(demo.api, await lab.#kitchen.speech()));
    return lab;
  }

  /** Sends a row's input, beside a healthy job where `canary` is set, and holds what comes of it against the row. */
  async run(section: string, row: Row, canary: boolean): Promise<void> {
    const made = await row.file(this.#kitchen);
    const healthy = canary ? this.#canaryDigest(send(this.#demo.api, await this.#kitchen.speech())) : undefined;
    healthy?.catch(() => undefined);
    const jobs = await Promise.all([made].flat().map((path) => this.#finish(path, row)));
    const told = await Promise.allSettled(jobs.map((job) => this.#judge(section, row, job)));
    const canaryGot = await healthy;
    // What is left behind shows whatever the outcome was, so it is looked for before anything is thrown.
    const left = await this.#clean(jobs);
    for (const outcome of told) if (outcome.status === "rejected") throw outcome.reason;
    if (healthy) {
      expect(canaryGot, "the healthy job beside it got another transcript").toBe(this.#canary);
      this.tally.count(section, "canaries");
    }
    expect(left).toEqual(nothingLeft);
    expect(this.#trap.visits, "the file made somebody ask for an address in it").toEqual([]);
    this.#judgeMemory();
  }

  async #finish(path: string, { options, given }: Row): Promise<JobStatus> {
    const { api, directory } = this.#demo;
    const job = given
      ? await sendWithTranscript(api, path, { ...given, directory })
      : await api.wait(await send(api, path, options), () => undefined);
    await this.#executionEnd(job);
    return job;
  }

  /** The record says "done" before the work objects are removed; the execution ends behind that. */
  async #executionEnd({ executionName }: JobStatus): Promise<void> {
    if (executionName === undefined) return;
    await this.#demo.host.states.wait(`${stateMachineArn.replace(":stateMachine:", ":execution:")}:${executionName}`);
  }

  async #judge(section: string, { refused, heard }: Row, job: JobStatus): Promise<void> {
    if (job.status === "failed") {
      const codes = [refused ?? []].flat() as ErrorCode[];
      this.tally.count(section, { code: job.error?.code ?? "?" });
      expectClear(job, codes);
      return;
    }
    expect(["done", "partial"]).toContain(job.status);
    this.tally.count(section, job.status as "done" | "partial");
    if (!heard) throw new Error(`${job.fileName} should have been refused as ${refused}, and is ${job.status}.`);
    await this.#judgeHeard(heard, job);
  }

  async #judgeHeard(
    { durationMs, withinMs = 60, says, warning, status = "done", check }: Heard,
    job: JobStatus,
  ): Promise<void> {
    const { api } = this.#demo;
    const transcript = await readTranscript(api, job.jobId);
    expectSound(transcript);
    expect(job.status).toBe(status);
    if (durationMs !== undefined) {
      const actualMs = transcript.ledger.intervals.at(-1)?.endMs ?? 0;
      expect(Math.abs(actualMs - durationMs), `${actualMs} ms, not ${durationMs}`).toBeLessThanOrEqual(withinMs);
    }
    if (typeof says === "string") expect(plain(textOf(transcript))).toBe(plain(says));
    else if (says) expect(plain(textOf(transcript))).toMatch(says);
    if (warning === undefined) expect(transcript.warnings).toEqual([]);
    else if (warning !== "any") expect(transcript.warnings.join("\n")).toMatch(warning);
    await check?.(transcript, job, (format) => api.transcript(job.jobId, format));
  }

  /** Looks for what the jobs left behind, then deletes them and looks again. */
  async #clean(jobs: readonly JobStatus[]) {
    const workObjects: string[] = [];
    const afterDeletion: string[] = [];
    for (const { jobId, status } of jobs) {
      const work = (await this.#orphans.keys(jobId)).filter((key) => key.startsWith("work/"));
      // What was recognised before a failure is kept for a retry; nothing else is.
      workObjects.push(...work.filter((key) => status === "done" || !/\/(results|exact)\//.test(key)));
      await this.#demo.api.delete(jobId);
      afterDeletion.push(...(await this.#orphans.keys(jobId)));
    }
    const left = {
      workObjects,
      afterDeletion,
      unfinishedUploads: await this.#orphans.unfinishedUploads(),
      children: this.#orphans.children(),
      temporaryFiles: await this.#orphans.temporaryFiles(),
    };
    this.tally.orphans(Object.values(left).flat().length);
    return left;
  }

  /** The transcript without the job's name: a rerun has to give the same bytes. */
  async #canaryDigest(sent: Promise<JobId | string>): Promise<string> {
    const jobId = await sent;
    const job = await this.#demo.api.wait(jobId, () => undefined);
    expect(job).toMatchObject({ status: "done" });
    await this.#executionEnd(job);
    const formats = await Promise.all(
      ["json", "srt", "vtt", "txt", "tsv"].map((format) => this.#demo.api.transcript(jobId, format)),
    );
    await this.#demo.api.delete(jobId);
    return createHash("sha256").update(formats.join("\0").replaceAll(jobId, "")).digest("hex");
  }

  #judgeMemory(): void {
    for (const report of this.#demo.reports.slice(this.#judgedReports)) {
      const { functionName, peakRssMiB, memoryMB, outcome } = report;
      this.tally.peak(functionName, peakRssMiB, memoryMB);
      expect(["ok", "error"], `${functionName} ended by ${outcome}`).toContain(outcome);
      expect(peakRssMiB, `${functionName} took more than 90 % of its ${memoryMB} MB`).toBeLessThanOrEqual(
        memoryShare * memoryMB,
      );
    }
    this.#judgedReports = this.#demo.reports.length;
  }

  /** After all rows: nothing of anybody's is left, and no log line holds a secret. */
  async expectClean(): Promise<void> {
    // Who did what is on record for longer than what they did it to.
    const kept = (await this.#orphans.keys("")).filter((key) => !/^(audit|quota|access)\//.test(key));
    expect(kept).toEqual([]);
    expect(await this.#orphans.secretsInLogs()).toEqual([]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#orphans.close();
    await this.#demo[Symbol.asyncDispose]();
    await this.#trap[Symbol.asyncDispose]();
  }
}

const nothingLeft = { workObjects: [], afterDeletion: [], unfinishedUploads: [], children: [], temporaryFiles: [] };
