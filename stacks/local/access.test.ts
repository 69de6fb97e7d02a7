import { describe, expect, it } from "vitest";
import { readSettings } from "../../layers/core/index.ts";
import { type FunctionName, functionSpecs } from "../app/index.ts";
import { Access, machinePrincipal, toolsPrincipal } from "./access.ts";

const specs = functionSpecs(readSettings({}));
const names = [...Object.keys(specs), machinePrincipal, toolsPrincipal];
const principals = new Map(names.map((name) => [name, { accessKeyId: `AKIA${name}`, secretAccessKey: "s" }]));
const access = new Access({ accessToken: "t", principals }, specs);

describe("Access", () => {
  it.each<[FunctionName | "machine:media", string, string, string, boolean]>([
    ["infer", "s3:GetObject", "halfgig-results", "work/e/windows/000000.pcm", true],
    ["infer", "s3:GetObject", "halfgig-uploads", "uploads/j/source", false],
    ["infer", "s3:DeleteObject", "halfgig-results", "work/e/plan.jsonl", false],
    ["infer", "s3:GetObject", "halfgig-results", "jobs/j.json", false],
    ["presign", "s3:PutObject", "halfgig-uploads", "uploads/j/source", true],
    ["presign", "s3:GetObject", "halfgig-uploads", "uploads/j/source", false],
    ["probe", "s3:PutObject", "halfgig-uploads", "uploads/j/source", false],
    ["results", "s3:GetObject", "halfgig-results", "transcripts/j/transcript.srt", true],
    ["results", "s3:GetObject", "halfgig-results", "work/e/plan.jsonl", false],
    ["authorize", "s3:GetObject", "halfgig-results", "jobs/j.json", false],
    ["machine:media", "s3:PutObject", "halfgig-results", "work/e/map/m/manifest.json", true],
    ["machine:media", "s3:GetObject", "halfgig-uploads", "uploads/j/source", false],
    ["sweep", "s3:ListBucket", "halfgig-uploads", "uploads/", true],
    ["sweep", "s3:PutObject", "halfgig-uploads", "uploads/j/source", false],
    ["merge", "s3:GetObject", "no-such-bucket", "work/e/plan.jsonl", false],
  ])("%s may %s %s/%s: %s", (principal, action, bucket, key, allowed) => {
    expect(access.object(principal, action, bucket, key)).toBe(allowed);
  });

  it("lets only the functions that start jobs, or tell of their end, start executions", () => {
    const allowed = names.filter((name) => access.machine(`AKIA${name}`, "states:StartExecution"));
    expect(allowed.sort()).toEqual([
      "cancel",
      "complete",
      "create",
      "executionEnded",
      "fetch",
      "media",
      "mediaUploaded",
      "openaiAudio",
      "retry",
      "sweep",
    ]);
    expect(access.machine(undefined, "states:StartExecution")).toBe(false);
    expect(access.machine("AKIAmediaUploaded", "states:StopExecution")).toBe(false);
  });

  it("lets the person with the tools invoke every function and look at executions, and start none", () => {
    expect(access.invocation("AKIAtools", "lambda:InvokeFunction", "merge")).toBe(true);
    expect(access.invocation("AKIAmerge", "lambda:InvokeFunction", "merge")).toBe(false);
    expect(access.machine("AKIAtools", "states:GetExecutionHistory")).toBe(true);
    expect(access.machine("AKIAtools", "states:StartExecution")).toBe(false);
    expect(access.object("tools", "s3:ListAllMyBuckets", "", "")).toBe(true);
    expect(access.object("merge", "s3:ListAllMyBuckets", "", "")).toBe(false);
    expect(access.object("tools", "s3:DeleteBucket", "halfgig-results", "")).toBe(false);
  });

  it("knows nobody by another key", () => {
    expect(access.principal("AKIAnobody")).toBeUndefined();
    expect(access.principal("AKIAinfer")).toMatchObject({ name: "infer" });
  });
});
