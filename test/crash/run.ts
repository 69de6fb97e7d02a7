import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { openSite } from "../support/site.ts";
import { PatientClient, type Transcripts } from "./client.ts";
import { type Evidence, executionEnds, gatherEvidence, processesOf, withoutIds, withoutTimes } from "./evidence.ts";
import type { Fault } from "./faults/plan.ts";
import { Refused, Victim, type VictimOptions } from "./victim-process.ts";

/**
 * `put`: one PUT, the job, its transcripts. `parts`: the same in parts, and at the end the job is deleted. `address`: the job fetches its
 * file, and is heard in `exact` mode.
 */
export const scenarios = ["put", "parts", "address"] as const;
export type Scenario = (typeof scenarios)[number];

export type RunOptions = {
  scenario: Scenario;
  file: string;
  shared: Pick<VictimOptions, "modelsDirectory" | "bundleCache">;
  /** What happens to the host's process. Only the first one has it. */
  host?: Fault | undefined;
  /** What happens to one of the functions' processes. */
  functions?: Fault | undefined;
  /** Longest time for everything. */
  limitMs?: number;
};

export type RunResult = {
  /** What was under way at the fault; undefined when the run was over before. */
  at: string | undefined;
  transcripts: Transcripts | undefined;
  /** What a search for a word of it finds, once the workflow is over. */
  found: unknown;
  status: string;
  evidence: Evidence;
  /** How often a host was started. */
  starts: number;
  hostSteps: string[];
  functionSteps: string[];
  notices: string;
  /** What the client was told besides yes. */
  refusals: string[];
  /** Why a host would not start. */
  refusedStarts: string[];
  leftProcesses: number;
};

/** One job from its upload to its end, through whatever happens to the host or its functions. A host that dies is started again. */
export async function runJob({
  scenario,
  file,
  shared,
  host,
  functions,
  limitMs = 120_000,
}: RunOptions): Promise<RunResult> {
  const folder = await mkdtemp(join(tmpdir(), "halfgig-crash-"));
  try {
    const [dataDirectory, hostFolder, functionFolder] = ["data", "host", "functions"].map((name) =>
      join(folder, name),
    ) as [string, string, string];
    await Promise.all([hostFolder, functionFolder].map((path) => mkdir(path)));
    const functionPlan = join(functionFolder, "plan.json");
    await writeFile(functionPlan, JSON.stringify({ folder: functionFolder, fault: functions }));
    await using site = await openSite(file, "video/mp4");
    const options: VictimOptions = { dataDirectory, ...shared, functionPlan, site: site.host };

    const deadlineMs = Date.now() + limitMs;
    const notices: string[] = [];
    const refusedStarts: string[] = [];
    let victim: Victim | undefined;
    let starts = 0;
    const living = async (): Promise<Victim> => {
      if (victim?.isAlive) return victim;
      if (victim) notices.push(victim.notices);
      for (;;) {
        starts++;
        try {
          victim = await Victim.start(
            options,
            starts === 1 ? { folder: hostFolder, dataDirectory, fault: host } : undefined,
          );
        } catch (error) {
          if (!(error instanceof Refused) || starts > 3) throw error;
          refusedStarts.push(error.message);
        }
        if (victim?.isAlive) return victim;
        if (Date.now() > deadlineMs) throw new Error("no host comes up any more");
      }
    };
    const client = new PatientClient({ host: async () => (await living()).addresses, deadlineMs });
    let transcripts: Transcripts | undefined;
    let found: unknown;
    let status = "lost";
    let jobId = "";
    try {
      const send = {
        put: () => client.send(file),
        parts: () => client.sendParts(file),
        address: () => client.sendAddress({ url: site.url, mode: "exact", captions: "ignore" }),
      };
      jobId = await send[scenario]();
      ({ status } = await client.wait(jobId));
      transcripts = await client.transcripts(jobId);
      await executionsEnd(dataDirectory, deadlineMs);
      found = await client.search("two");
      await client.deleteOthers(jobId);
      if (scenario === "parts") await client.delete(jobId);
    } catch (error) {
      notices.push(`the client gave up: ${error instanceof Error ? error.message : String(error)}\n`);
    } finally {
      notices.push(victim?.notices ?? "");
      await victim?.end("SIGTERM");
      // Killed while it ended: the next one ends properly.
      if (victim?.ending === "SIGKILL") await living().then((next) => next.end("SIGTERM"));
    }
    const lines = async (path: string) => (await readFile(path, "utf8").catch(() => "")).split("\n").filter(Boolean);
    return {
      at: [...(await lines(join(hostFolder, "fired.log"))), ...(await lines(join(functionFolder, "fired.log")))][0],
      transcripts: transcripts && (mapText(transcripts, withoutIds) as Transcripts),
      found: withoutTimes(found ?? null),
      status,
      evidence: await gatherEvidence(dataDirectory, jobId),
      starts,
      hostSteps: await lines(join(hostFolder, "steps.log")),
      functionSteps: await lines(join(functionFolder, "steps.log")),
      notices: notices.join(""),
      refusals: client.refusals,
      refusedStarts,
      leftProcesses: (await processesOf(dataDirectory)).length,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const mapText = (texts: Record<string, string>, change: (text: string) => string) =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, change(text)]));

/** The job is done before the last state is: its passages are still to come. */
async function executionsEnd(dataDirectory: string, deadlineMs: number): Promise<void> {
  while ((await executionEnds(dataDirectory)).includes("RUNNING")) {
    if (Date.now() > deadlineMs) throw new Error("an execution does not end");
    await sleep(100);
  }
}

/** What is not as it was without a fault, in words; nothing where everything is. */
export function differences(expected: RunResult, actual: RunResult): string[] {
  const found: string[] = [];
  const differ = (what: string, one: unknown, other: unknown) => {
    if (!isDeepStrictEqual(one, other)) found.push(`${what}: ${brief(one, other)}`);
  };
  differ("status", expected.status, actual.status);
  differ("transcripts", expected.transcripts, actual.transcripts);
  differ("search", expected.found, actual.found);
  differ("job record", expected.evidence.job, actual.evidence.job);
  differ("objects", expected.evidence.objects, actual.evidence.objects);
  differ("files", expected.evidence.files, actual.evidence.files);
  differ("orphans", [], actual.evidence.orphans);
  differ("executions", expected.evidence.executions, actual.evidence.executions);
  if (actual.leftProcesses > 0) found.push(`${actual.leftProcesses} processes are left`);
  return found;
}

/** Of two lists, what is in one of them only; of other things, both. */
function brief(one: unknown, other: unknown): string {
  if (!Array.isArray(one) || !Array.isArray(other)) return `${JSON.stringify(one)} ≠ ${JSON.stringify(other)}`;
  const minus = (a: unknown[], b: unknown[]) => {
    const rest = [...b];
    return a.filter((item) => {
      const at = rest.indexOf(item);
      if (at >= 0) rest.splice(at, 1);
      return at < 0;
    });
  };
  return `missing ${JSON.stringify(minus(one, other))}, besides ${JSON.stringify(minus(other, one))}`;
}
