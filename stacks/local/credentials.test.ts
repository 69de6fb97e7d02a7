import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadCredentials } from "./credentials.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-credentials-"));
});
afterEach(() => rm(directory, { recursive: true }));

describe("loadCredentials", () => {
  it("stay the same over restarts, and grow by the principals that are new", async () => {
    const first = await loadCredentials(directory, ["a", "b"]);
    const second = await loadCredentials(directory, ["a", "b", "c"]);
    expect(second.accessToken).toBe(first.accessToken);
    expect(second.principals.get("a")).toEqual(first.principals.get("a"));
    expect(second.principals.has("c")).toBe(true);
    expect(await loadCredentials(directory, ["a"])).toEqual(second);
  });

  it("are different for every principal, and only their owner can read them", async () => {
    const { principals } = await loadCredentials(directory, ["a", "b"]);
    expect(principals.get("a")).not.toEqual(principals.get("b"));
    expect((await stat(join(directory, "credentials.json"))).mode & 0o777).toBe(0o600);
  });
});
