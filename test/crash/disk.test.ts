import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleCache } from "../support/bundle-cache.ts";
import { PatientClient } from "./client.ts";
import { executionEnds, gatherEvidence } from "./evidence.ts";
import { makeFiles } from "./files.ts";
import { Refused, Victim } from "./victim-process.ts";

let folder: string;
let file: string;
let shared: { modelsDirectory: string; bundleCache: string };
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "halfgig-disk-"));
  ({ put: file } = await makeFiles(folder));
  shared = {
    modelsDirectory: join(folder, "models"),
    bundleCache: bundleCache().HALFGIG_BUNDLE_CACHE ?? join(folder, "bundles"),
  };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A host whose data directory's disk is as the fault says from its n-th step on, until `makeRoom`. */
async function openOn(name: string, how: "full" | "readonly", at: number) {
  const planFolder = join(folder, `${name}-plan`);
  await mkdir(planFolder);
  const dataDirectory = join(folder, name);
  const plan = { folder: planFolder, dataDirectory, fault: { at, how } };
  return {
    dataDirectory,
    start: () => Victim.start({ dataDirectory, ...shared }, plan),
    makeRoom: () => writeFile(join(planFolder, "room"), ""),
  };
}

describe("a disk that is full", () => {
  // In the middle of the upload, of the workflow's start, of its steps.
  it.each([75, 200])("from step %i on: work is refused or waits, and is completed when there is room", async (at) => {
    const disk = await openOn(`full-${at}`, "full", at);
    const victim = await disk.start();
    if (!victim) throw new Error("the host was killed");
    const deadlineMs = Date.now() + 100_000;
    const client = new PatientClient({ host: async () => victim.addresses, deadlineMs });
    const work = client.send(file).then(async (jobId) => ({ jobId, job: await client.wait(jobId) }));
    // The client hears no more than that it should try again, or waits for a job that stands still.
    await expect
      .poll(() => victim.notices + client.refusals.join(), { timeout: 60_000 })
      .toMatch(/full|no space|Free/i);
    expect(victim.isAlive).toBe(true);
    await disk.makeRoom();
    const { jobId, job } = await work;
    expect(job.status).toBe("done");
    expect((await client.transcripts(jobId)).txt).toBe("one two three\n");
    await expect.poll(() => executionEnds(disk.dataDirectory), { timeout: 30_000 }).toEqual(["SUCCEEDED"]);
    await victim.end("SIGTERM");
    expect((await gatherEvidence(disk.dataDirectory, jobId)).orphans).toEqual([]);
  });
});

describe("a data directory that cannot be written", () => {
  it("is refused at the start with what to do, and is good again afterwards", async () => {
    const disk = await openOn("readonly", "readonly", 1);
    const refusal = await disk.start().then(
      () => undefined,
      (error: Error) => error,
    );
    expect(refusal).toBeInstanceOf(Refused);
    expect(refusal?.message).toMatch(/^storage\.unavailable: The data directory .*readonly cannot be written.*--data/);
    await disk.makeRoom();
    const victim = await disk.start();
    expect(victim?.isAlive).toBe(true);
    await victim?.end("SIGTERM");
  });

  // Everything that a start writes: the lock, the keys, the buckets, the records.
  it.each([2, 8, 14])("is refused in the same way where it is the start's step %i that fails", async (at) => {
    const disk = await openOn(`start-${at}`, "full", at);
    const refusal = await disk.start().then(
      (victim) => victim?.end("SIGTERM"),
      (error: Error) => error,
    );
    expect(refusal).toBeInstanceOf(Refused);
    expect((refusal as Refused).message).toMatch(/^storage\.unavailable: .*(--data|start)/);
    await disk.makeRoom();
    const victim = await disk.start();
    expect(victim?.isAlive).toBe(true);
    await victim?.end("SIGTERM");
  });
});
