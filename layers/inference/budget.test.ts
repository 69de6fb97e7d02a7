import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryBudget } from "./budget.ts";

/** A model that keeps account of how much is in memory. */
class Ledger {
  residentMiB = 0;
  peakMiB = 0;
  loads: string[] = [];
  releases: string[] = [];

  load(name: string, costMiB: number, delay: () => Promise<unknown> = async () => {}) {
    return async () => {
      this.loads.push(name);
      this.residentMiB += costMiB;
      this.peakMiB = Math.max(this.peakMiB, this.residentMiB);
      await delay();
      return {
        name,
        [Symbol.asyncDispose]: async () => {
          await delay();
          this.releases.push(name);
          this.residentMiB -= costMiB;
        },
      };
    };
  }
}

describe("MemoryBudget", () => {
  it("refuses what can never fit, before loading it", async () => {
    const ledger = new Ledger();
    const budget = new MemoryBudget({ allocationMiB: 512, reserveMiB: 112 });
    await expect(budget.reserve("large", 401, ledger.load("large", 401))).rejects.toMatchObject({
      code: "memory.plan_does_not_fit",
      message: expect.stringContaining("401 MiB"),
    });
    expect(ledger.loads).toEqual([]);
  });

  it("loads a model once for all who ask at the same time", async () => {
    const ledger = new Ledger();
    const budget = new MemoryBudget({ allocationMiB: 100, reserveMiB: 0 });
    const leases = await Promise.all([1, 2, 3].map(() => budget.reserve("a", 60, ledger.load("a", 60))));
    expect(ledger.loads).toEqual(["a"]);
    expect(new Set(leases.map((lease) => lease.value)).size).toBe(1);
    expect(budget.reservedMiB).toBe(60);
  });

  it("has what a model left behind cleared away before the next one is loaded", async () => {
    const ledger = new Ledger();
    const steps: string[][] = [];
    const afterRelease = () => steps.push([...ledger.loads], [...ledger.releases]);
    const budget = new MemoryBudget({ allocationMiB: 100, reserveMiB: 0, mostResidents: 1, afterRelease });
    for (const name of ["a", "b"]) (await budget.reserve(name, 60, ledger.load(name, 60)))[Symbol.dispose]();
    expect(steps).toEqual([["a"], ["a"]]);
    expect(ledger.loads).toEqual(["a", "b"]);
  });

  it("releases the least recently used idle model first, and none that is in use", async () => {
    const ledger = new Ledger();
    const budget = new MemoryBudget({ allocationMiB: 100, reserveMiB: 0 });
    const use = (name: string, cost: number) => budget.reserve(name, cost, ledger.load(name, cost));
    (await use("a", 30))[Symbol.dispose]();
    (await use("b", 30))[Symbol.dispose]();
    using busy = await use("c", 30);
    (await use("a", 30))[Symbol.dispose]();
    using _added = await use("d", 40);
    expect(ledger.releases).toEqual(["b"]);
    expect(budget.residents).toEqual(["a", "c", "d"]);
    expect(busy.value.name).toBe("c");
  });

  it("adds up what models hold, and counts what only a run needs once", async () => {
    const ledger = new Ledger();
    const budget = new MemoryBudget({ allocationMiB: 100, reserveMiB: 0 });
    const use = (name: string, residentMiB: number, workingMiB: number) =>
      budget.reserve(name, { residentMiB, workingMiB }, ledger.load(name, residentMiB));
    (await use("a", 30, 40))[Symbol.dispose]();
    (await use("b", 30, 35))[Symbol.dispose]();
    expect(budget.reservedMiB).toBe(100);
    (await use("c", 10, 5))[Symbol.dispose]();
    expect(ledger.releases).toEqual(["a"]);
    await expect(use("d", 60, 41)).rejects.toMatchObject({ code: "memory.plan_does_not_fit" });
  });

  it("holds no more models than it may, whatever they cost, and says why each left", async () => {
    const ledger = new Ledger();
    const budget = new MemoryBudget({ allocationMiB: 100, reserveMiB: 0, mostResidents: 1 });
    const evictions: unknown[] = [];
    budget.onEviction = (eviction) => evictions.push(eviction);
    (await budget.reserve("a", 1, ledger.load("a", 1)))[Symbol.dispose]();
    (await budget.reserve("b", 2, ledger.load("b", 2)))[Symbol.dispose]();
    expect(budget.residents).toEqual(["b"]);
    expect(await budget.releaseIdle("watermark")).toBe(1);
    expect(evictions).toEqual([
      { name: "a", costMiB: 1, reason: "room" },
      { name: "b", costMiB: 2, reason: "watermark" },
    ]);
  });

  it("waits for room while everything is in use", async () => {
    const ledger = new Ledger();
    const budget = new MemoryBudget({ allocationMiB: 100, reserveMiB: 0 });
    const first = await budget.reserve("a", 80, ledger.load("a", 80));
    const second = budget.reserve("b", 80, ledger.load("b", 80));
    await new Promise((resolve) => setImmediate(resolve));
    expect(ledger.loads).toEqual(["a"]);
    first[Symbol.dispose]();
    using lease = await second;
    expect(lease.value.name).toBe("b");
    expect(ledger.releases).toEqual(["a"]);
  });

  it("gives the room back when a load fails, and tells all who waited", async () => {
    const budget = new MemoryBudget({ allocationMiB: 100, reserveMiB: 0 });
    const broken = () => Promise.reject(new Error("no such file"));
    const outcomes = await Promise.allSettled([budget.reserve("a", 80, broken), budget.reserve("a", 80, broken)]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(budget.reservedMiB).toBe(0);
    const ledger = new Ledger();
    using lease = await budget.reserve("a", 80, ledger.load("a", 80));
    expect(lease.value.name).toBe("a");
  });

  it("counts a lease that is disposed twice once", async () => {
    const ledger = new Ledger();
    const budget = new MemoryBudget({ allocationMiB: 100, reserveMiB: 0 });
    const first = await budget.reserve("a", 60, ledger.load("a", 60));
    using _second = await budget.reserve("a", 60, ledger.load("a", 60));
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    await budget.releaseIdle();
    expect(ledger.releases).toEqual([]);
  });

  it("never holds more than the budget, serves everyone, and ends with nothing in use", async () => {
    const requests = fc.array(fc.record({ model: fc.nat(4), turns: fc.nat(5) }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(requests, fc.scheduler(), async (list, scheduler) => {
        const ledger = new Ledger();
        const budget = new MemoryBudget({ allocationMiB: 100, reserveMiB: 10 });
        const costs = [10, 25, 40, 60, 90];
        const delay = () => scheduler.schedule(Promise.resolve());
        const jobs = list.map(async ({ model, turns }) => {
          const cost = costs[model]!;
          const name = `model ${model}`;
          using lease = await budget.reserve(name, cost, ledger.load(name, cost, delay));
          for (let turn = 0; turn < turns; turn++) await delay();
          expect(lease.value.name).toBe(name);
          expect(ledger.releases.filter((released) => released === name).length).toBeLessThan(
            ledger.loads.filter((loaded) => loaded === name).length,
          );
        });
        await scheduler.waitFor(Promise.all(jobs));
        expect(ledger.peakMiB).toBeLessThanOrEqual(90);
        expect(ledger.residentMiB).toBe(budget.reservedMiB);
        await scheduler.waitFor(budget.releaseIdle());
        expect(ledger.residentMiB).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
