import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  canonicalJson,
  derivedJobId,
  executionNameOf,
  jobOfExecution,
  newJobId,
  parseJobId,
  parseTenantId,
  workOfExecution,
} from "./ids.ts";

describe("job ids", () => {
  it("accepts every id that it makes", () => {
    for (let n = 0; n < 200; n++) expect(parseJobId(newJobId())).toMatch(/^j[0-9a-z]{22}$/);
    fc.assert(fc.property(fc.array(fc.string()), (parts) => parseJobId(derivedJobId(...parts)).length === 23));
  });

  it("sorts by creation", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 1, max: 1e9 }), (start, later) => {
        expect(newJobId(start) < newJobId(start + later)).toBe(true);
      }),
    );
  });

  it("is the same for the same work, and differs where any part differs", () => {
    expect(derivedJobId("a", "b")).toBe(derivedJobId("a", "b"));
    expect(derivedJobId("ab", "")).not.toBe(derivedJobId("a", "b"));
  });

  it.each([
    ["a path", "../../etc/passwd"],
    ["nothing", undefined],
    ["too short", "j123"],
    ["upper case", `J${"0".repeat(22)}`],
    ["a line break", `j${"0".repeat(22)}\n`],
  ])("refuses %s", (_name, text) => {
    expect(() => parseJobId(text)).toThrow(expect.objectContaining({ code: "job.not_found" }));
  });
});

describe("tenants", () => {
  it.each(["", "A", "a_b", "../x", "a/b", "t".repeat(33), "a\n", undefined])("%j is no tenant", (text) => {
    expect(() => parseTenantId(text)).toThrow(expect.objectContaining({ code: "request.invalid" }));
  });

  it("are part of an execution's name, and can be read from it", () => {
    const tenants = fc.stringMatching(/^[a-z0-9-]{1,32}$/);
    fc.assert(
      fc.property(tenants, fc.string(), (tenant, content) => {
        const ref = { tenant: parseTenantId(tenant), jobId: derivedJobId(content) };
        const name = executionNameOf(ref, "0123456789abcdef", 9999);
        expect(name.length).toBeLessThanOrEqual(80);
        expect(jobOfExecution(name)).toEqual(ref);
        expect(workOfExecution(name)).toBe(workOfExecution(executionNameOf(ref, "0123456789abcdef", 1)));
      }),
    );
  });

  it.each([
    "run",
    "a_b",
    `t_j${"0".repeat(22)}_0123456789abcdef`,
    `t_j${"0".repeat(22)}_x`,
    `T_j${"0".repeat(22)}_0123456789abcdef_1`,
  ])("%s is no execution of ours", (name) => expect(jobOfExecution(name)).toBeUndefined());
});

describe("canonicalJson", () => {
  it("does not depend on the order in which keys were written", () => {
    expect(canonicalJson({ b: [1, { d: 1, c: 2 }], a: null })).toBe(canonicalJson({ a: null, b: [1, { c: 2, d: 1 }] }));
  });
});
