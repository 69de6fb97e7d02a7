import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Grant } from "../app/index.ts";
import { type GrantedAction, GrantUse, grantedActions, readGrantReports, unusedGrants } from "./grant-use.ts";

const work: Grant = { bucket: "results", prefix: "work/", actions: ["s3:GetObject", "s3:DeleteObject"] };
const start: Grant = { machine: "media", actions: ["states:StartExecution"] };
const transcribe: Grant = { service: "transcribe", actions: ["transcribe:GetTranscriptionJob"] };

describe("unusedGrants", () => {
  it("names every single action that was granted and not used, by function and subject", () => {
    const use = new GrantUse([]);
    use.record("infer", "s3:GetObject", work);
    use.record("infer", "s3:GetObject", work);
    use.record("merge", "s3:DeleteObject", work);
    const granted = [...grantedActions("infer", [work, start]), ...grantedActions("merge", [work])];
    expect(unusedGrants(granted, use.used())).toEqual<GrantedAction[]>([
      { principal: "infer", action: "s3:DeleteObject", on: "results/work/" },
      { principal: "infer", action: "states:StartExecution", on: "machine media" },
      { principal: "merge", action: "s3:GetObject", on: "results/work/" },
    ]);
  });

  it("is told by each host as it goes, so that one that is killed counts", async () => {
    const folder = await mkdtemp(join(tmpdir(), "halfgig-grants-"));
    const granted = grantedActions("infer", [start]);
    new GrantUse(granted, folder).record("infer", "states:StartExecution", start);
    new GrantUse([], folder);
    const reports = await readGrantReports(folder);
    expect(reports).toHaveLength(2);
    expect(reports).toContainEqual({ granted, used: granted });
    await rm(folder, { recursive: true });
  });

  it("leaves out what the host cannot see: calls to services outside of it", () => {
    expect(grantedActions("infer", [transcribe])).toEqual([]);
  });
});
