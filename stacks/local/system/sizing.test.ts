import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSettings } from "../../../layers/core/index.ts";
import { functionSpecs } from "../../app/index.ts";
import { shareOf, systemSizing } from "./index.ts";

describe("one limit shared out", () => {
  it("gives every function an environment that fits its room, and calls of both rooms never wait for each other", () => {
    fc.assert(
      fc.property(fc.integer({ min: 448, max: 16_384 }), fc.integer({ min: 1, max: 16 }), (limitMB, windows) => {
        const sizing = systemSizing(limitMB, { MAX_CONCURRENCY: windows });
        const specs = functionSpecs(readSettings({ HALFGIG_INFER_MEMORY: String(sizing.inferMB) }));
        for (const [name, spec] of Object.entries(specs)) {
          const { memoryMB, room, concurrency } = shareOf(spec, sizing);
          expect(memoryMB, name).toBeLessThanOrEqual(sizing.rooms[room]);
          expect(concurrency, name).toBeGreaterThanOrEqual(1);
          expect(concurrency * memoryMB, name).toBeLessThanOrEqual(sizing.rooms[room]);
        }
        expect(shareOf(specs.infer, sizing).room).not.toBe(shareOf(specs.presign, sizing).room);
        expect(sizing.concurrency).toBeLessThanOrEqual(windows);
      }),
    );
  });

  it("gives the model more where there is more, and refuses where the smallest does not fit", () => {
    expect(systemSizing(1024, { MAX_CONCURRENCY: 2 }).inferMB).toBeGreaterThan(
      systemSizing(512, { MAX_CONCURRENCY: 2 }).inferMB,
    );
    expect(systemSizing(2048, { MAX_CONCURRENCY: 2 }).concurrency).toBe(2);
    expect(() => systemSizing(256, { MAX_CONCURRENCY: 2 })).toThrow(
      expect.objectContaining({ code: "memory.plan_does_not_fit" }),
    );
  });
});
