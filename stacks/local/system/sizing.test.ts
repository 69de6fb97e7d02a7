import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSettings } from "../../../layers/core/index.ts";
import { requireModelFit } from "../../../layers/inference/index.ts";
import { type FunctionName, functionSpecs } from "../../app/index.ts";
import { liteSizing, shareOf, systemSizing } from "./index.ts";

/** The smallest limit that is not refused, MB. */
function leastLimit(): number {
  const accepts = (limitMB: number) => {
    try {
      return systemSizing(limitMB, { MAX_CONCURRENCY: 1 }).limitMB === limitMB;
    } catch {
      return false;
    }
  };
  return Array.from({ length: 512 }, (_, limitMB) => limitMB).find(accepts) ?? Number.NaN;
}

describe("one limit shared out", () => {
  it("gives every function an environment that fits its room, and calls of both rooms never wait for each other", () => {
    fc.assert(
      fc.property(fc.integer({ min: 500, max: 16_384 }), fc.integer({ min: 1, max: 16 }), (limitMB, windows) => {
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

  it("lets nobody wait for memory that he holds himself: who invokes a function shares no room with it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 500, max: 16_384 }), (limitMB) => {
        const sizing = systemSizing(limitMB, { MAX_CONCURRENCY: 2 });
        const specs = functionSpecs(readSettings({ HALFGIG_INFER_MEMORY: String(sizing.inferMB) }));
        const roomOf = (name: FunctionName) => shareOf(specs[name], sizing).room;
        const calls = Object.entries(specs).flatMap(([caller, { grants }]) =>
          grants.flatMap((grant) => ("function" in grant ? [[caller as FunctionName, grant.function] as const] : [])),
        );
        expect(calls).toContainEqual(["openaiAudio", "authorize"]);
        for (const [caller, called] of calls)
          expect(roomOf(caller), `${caller} and ${called}`).not.toBe(roomOf(called));
        expect(shareOf(specs.openaiModels, liteSizing).room).not.toBe(shareOf(specs.authorize, liteSizing).room);
      }),
    );
  });

  it("leaves the smallest real model its room in 512 MB, and in the least that is accepted, by its measured costs", () => {
    for (const limitMB of [leastLimit(), 512, 1024]) {
      const { inferMB } = systemSizing(limitMB, { MAX_CONCURRENCY: 2 });
      expect(() => requireModelFit({ id: "whisper-tiny", precision: "int8" }, inferMB), `${limitMB}`).not.toThrow();
    }
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
