import { afterEach, describe, expect, it, vi } from "vitest";
import { MemoryBudget } from "./budget.ts";
import { Watermark } from "./watermark.ts";

const lines: string[] = [];
vi.spyOn(process.stdout, "write").mockImplementation((text) => {
  lines.push(String(text));
  return true;
});
afterEach(() => {
  lines.length = 0;
});

const model = () => ({ [Symbol.asyncDispose]: async () => undefined });

async function watched(readings: number[], use: (watermark: Watermark, budget: MemoryBudget) => Promise<void>) {
  const budget = new MemoryBudget({ allocationMiB: 512, reserveMiB: 96 });
  (await budget.reserve("idle", 100, async () => model()))[Symbol.dispose]();
  const residentMiB = () => (readings.length > 1 ? readings.shift()! : readings[0]!);
  {
    await using watermark = new Watermark({ allocationMiB: 512, budget, residentMiB });
    await use(watermark, budget);
  }
  const text = lines.find((line) => line.includes('"_aws"'));
  return JSON.parse(text ?? "{}") as Record<string, unknown>;
}

describe("the watermark", () => {
  it("releases idle models at 80 % of the allocation, takes no more work, and says so in metrics", async () => {
    const published = await watched([300, 410], async (watermark, budget) => {
      expect(watermark.read()).toBe(false);
      expect(budget.residents).toEqual(["idle"]);
      expect(watermark.shouldStop).toBe(true);
      await vi.waitFor(() => expect(budget.residents).toEqual([]));
    });
    expect(published).toMatchObject({ Sheds: 1, EvictionsByWatermark: 1 });
    expect(published.PeakResidentMemory).toBeGreaterThanOrEqual(410);
  });

  it("keeps the model that is in use", async () => {
    await watched([450], async (watermark, budget) => {
      using _lease = await budget.reserve("idle", 100, async () => model());
      watermark.read();
      expect(watermark.shouldStop).toBe(true);
      expect(budget.residents).toEqual(["idle"]);
    });
  });

  it("leaves everything alone below the mark", async () => {
    const published = await watched([409], async (watermark, budget) => {
      expect(watermark.shouldStop).toBe(false);
      expect(budget.residents).toEqual(["idle"]);
    });
    expect(published).toMatchObject({ Sheds: 0 });
    expect(published).not.toHaveProperty("EvictionsByWatermark");
  });

  it("counts a release that makes room for another model", async () => {
    const published = await watched([100], async (_watermark, budget) => {
      using _large = await budget.reserve("large", 400, async () => model());
    });
    expect(published).toMatchObject({ EvictionsForRoom: 1 });
  });
});
