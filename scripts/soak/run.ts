import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "../eval/index.ts";
import { SoakClient } from "./client.ts";
import { type Ends, judgeEnds } from "./ends.ts";
import { FaultProxy } from "./fault-proxy.ts";
import { type FaultCounts, injectFaults } from "./faults.ts";
import { openFiles } from "./files.ts";
import { HostLives, type Life } from "./host-lives.ts";
import { drawKind, type Sent } from "./kinds.ts";
import { judgeLeftovers, judgeProcesses } from "./leftovers.ts";

export type SoakOptions = {
  seconds: number;
  seed: string;
  /** Senders at once. */
  senders: number;
  say: (line: string) => void;
};

export type SoakReport = {
  sent: readonly Sent[];
  ends: Ends;
  faults: FaultCounts;
  proxy: Pick<FaultProxy, "requests" | "counts" | "unheardUploads">;
  /** Records and names of jobs whose makers were killed half-way, and which nobody knows of. */
  unheardRecords: number;
  lives: readonly Life[];
  /** What should not be; empty where every invariant held. */
  violations: readonly string[];
};

const tenantNames = ["soak-a", "soak-b"];

/** Jobs of every kind for so long, while all around them fails; then a time of calm, in which everything has to come to its end. */
export async function runSoak({ seconds, seed, senders, say }: SoakOptions): Promise<SoakReport> {
  const directory = await mkdtemp(join(tmpdir(), "halfgig-soak-"));
  const random = (name: string) => new Random(`${seed} ${name}`);
  const clockFile = join(directory, "clock");
  await writeFile(clockFile, "0");
  await mkdir(join(directory, "inputs"));
  await using files = await openFiles(join(directory, "inputs"));
  const ports = { gateway: await freePort(), s3: await freePort() };
  await using proxy = await FaultProxy.open(ports.s3, random("proxy"));
  proxy.calm = true;
  const lives = new HostLives({ directory, ports, functionS3Url: proxy.url, clockFile, site: files.siteHost });
  const violations: string[] = [];
  const sent: Sent[] = [];
  try {
    await lives.start();
    const clients = await Promise.all(tenantNames.map((name) => newClient(lives, name)));
    say(`${seconds} s with faults, seed ${JSON.stringify(seed)}`);
    proxy.calm = false;
    const over = AbortSignal.timeout(Math.ceil(seconds * 1000));
    const send = async (n: number) => {
      const dice = random(`sender ${n}`);
      while (!over.aborted) {
        const kind = drawKind(dice);
        try {
          const one = await kind.run(clients[n % clients.length]!, files, dice);
          sent.push(one);
          // One after the other, so that there are never more jobs than a machine can see to.
          if (one.expected !== "deleted") await one.client.ended(one.jobId);
        } catch (error) {
          violations.push(`${kind.name}: ${(error as Error).message}`);
        }
      }
    };
    const [faults] = await Promise.all([
      injectFaults(lives, { clockFile, random, signal: over, hostSoon: seconds < 60 }),
      ...Array.from({ length: senders }, (_, n) => send(n)),
    ]);

    say("calm: what was begun comes to its end");
    proxy.calm = true;
    await writeFile(clockFile, "0");
    // What was lost between two lives is found at a start.
    if ((await lives.stop()) !== 0) violations.push("the host did not stop cleanly");
    await lives.start();
    const ends = await judgeEnds(sent, clients, violations);
    const unheardRecords = await judgeLeftovers(
      join(directory, "data"),
      ports.s3,
      proxy.unheardUploads + faults.hostsKilled,
      new Set(sent.map(({ jobId }) => jobId)),
      violations,
    );
    await sleep(100);
    if ((await lives.stop()) !== 0) violations.push("the host did not stop cleanly");
    await judgeProcesses(join(directory, "data"), violations);
    judgeMemory(lives.lives, violations);
    return { sent, ends, faults, proxy, unheardRecords, lives: lives.lives, violations };
  } finally {
    await lives.kill();
    if (process.env.SOAK_KEEP) say(`kept: ${directory}`);
    else await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function newClient(lives: HostLives, tenant: string): Promise<SoakClient> {
  const host = new SoakClient("host", lives.url, lives.token);
  const scopes = ["jobs:read", "jobs:write", "search"];
  const made = (await host.call("POST", "/v1/keys", { tenant, name: "soak", scopes })) as { key: string };
  return new SoakClient(tenant, lives.url, made.key);
}

/** Two minutes: a life that is long enough is judged by its second half, the shorter ones by their peak. */
const judgedSamples = 12;
const mostPeakMiB = 400;

function judgeMemory(lives: readonly Life[], violations: string[]): void {
  for (const [n, { rssMiB, inUseMiB, ended }] of lives.entries()) {
    if (ended === "died") violations.push(`the host of life ${n + 1} died by itself`);
    const peak = Math.max(0, ...rssMiB);
    if (peak > mostPeakMiB) violations.push(`the host of life ${n + 1} took ${peak.toFixed(0)} MiB`);
    const { length } = inUseMiB;
    if (length < judgedSamples) continue;
    const [first, second] = [inUseMiB.slice(length / 4, length / 2), inUseMiB.slice(length / 2)].map(median);
    if (second! > first! * 1.25 + 8)
      violations.push(`the host of life ${n + 1} grew from ${first!.toFixed(0)} to ${second!.toFixed(0)} MiB`);
  }
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Below those that the system hands out by itself: between two lives of a host nobody else may come by its port. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 16_000 + Math.floor(Math.random() * 16_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    await new Promise((resolve) => server.close(resolve));
    if (isFree) return port;
  }
}
