import { existsSync } from "node:fs";
import { join } from "node:path";
import validate from "asl-validator";
import { describe, expect, it } from "vitest";
import { scopes } from "../../layers/access/index.ts";
import { readSettings, retryableCodes } from "../../layers/core/index.ts";
import {
  buckets,
  functionSpecs,
  machineFunctions,
  mediaWorkflow,
  routeScopes,
  routes,
} from "../../stacks/app/index.ts";
import { functionArn } from "../../stacks/local/environment.ts";
import { projectRoot } from "../../stacks/local/project-root.ts";

const specs = functionSpecs(readSettings({}));
const workflow = mediaWorkflow({ functionArn, resultsBucket: "results", maxConcurrency: 2 });

describe("the workflow", () => {
  it("is valid Amazon States Language", () => {
    const { isValid, errors } = validate(workflow);
    expect(errors.map((error) => JSON.stringify(error))).toEqual([]);
    expect(isValid).toBe(true);
  });

  it("invokes the machine's functions and no other", () => {
    const invoked = new Set(
      [...JSON.stringify(workflow).matchAll(/arn:aws:lambda:[^"]*:function:([A-Za-z]+)/g)].map((match) => match[1]),
    );
    expect([...invoked].sort()).toEqual([...machineFunctions].sort());
  });

  it("sends every error of every step that can fail to the fail function", () => {
    const states = Object.entries(workflow.States) as [string, { Type: string; Catch?: unknown }][];
    const working = states.filter(([name, state]) => ["Task", "Map"].includes(state.Type) && name !== "Fail");
    const forgiving = ["Subtitles", "Transcribe", "Index", "NotIndexed", "Notify", "NotifyOfFailure", "Tell"];
    const strict = working.filter(([name]) => !forgiving.includes(name));
    expect(strict.map(([name]) => name)).toEqual(["Fetch", "Probe", "Split", "Windows", "Merge"]);
    for (const [name, state] of strict) {
      expect(state.Catch, name).toEqual([expect.objectContaining({ ErrorEquals: ["States.ALL"], Next: "Fail" })]);
    }
  });

  it("keeps what exact mode has when a slice fails: merge decides", () => {
    const { Catch, Next } = workflow.States.Transcribe;
    expect(Catch).toEqual([expect.objectContaining({ ErrorEquals: ["States.ALL"], Next: "Voices" })]);
    expect(workflow.States.Voices.Default).toBe("Merge");
    expect([Next, workflow.States.AnyLeft.Default]).toEqual(["AnyLeft", "Transcribe"]);
  });

  it("gives a service's key to infer alone, and only while that service recognises", () => {
    const withKey = (environment: Record<string, string>) =>
      Object.entries(functionSpecs(readSettings({ OPENAI_API_KEY: "sk-x", ...environment })))
        .filter(([, spec]) => spec.settings.includes("OPENAI_API_KEY"))
        .map(([name]) => name);
    expect(withKey({})).toEqual([]);
    expect(withKey({ ASR_PROVIDER: "transcribe" })).toEqual([]);
    expect(withKey({ ASR_PROVIDER: "openai" })).toEqual(["infer"]);
  });

  it("tries again on each code that says so", () => {
    const text = JSON.stringify(workflow.States.Probe.Retry);
    for (const code of retryableCodes()) expect(text).toContain(`"${code}"`);
  });
});

describe("functions, routes and buckets", () => {
  it("have a source file each, and 512 MB unless a setting says otherwise", () => {
    for (const [name, spec] of Object.entries(specs)) {
      expect(existsSync(join(projectRoot, spec.entry)), spec.entry).toBe(true);
      expect(spec.memoryMB, name).toBe(512);
    }
    expect(functionSpecs(readSettings({ HALFGIG_INFER_MEMORY: "1024" })).infer.memoryMB).toBe(1024);
  });

  it("name what exists", () => {
    for (const route of routes) expect(Object.keys(specs)).toContain(route.function);
    for (const bucket of buckets) if (bucket.notify) expect(Object.keys(specs)).toContain(bucket.notify.function);
  });

  it("ask for a token everywhere but at the health check", () => {
    const open = routes.filter((route) => !route.authorized);
    const checkItThemselves = open.filter((route) => specs[route.function].environment.includes("AUTHORIZE_FUNCTION"));
    expect(checkItThemselves.map(({ function: name }) => name)).toEqual([
      "openaiAudio",
      "openaiAudio",
      "openaiModels",
      "openaiModels",
    ]);
    expect(open.filter((route) => !checkItThemselves.includes(route)).map(({ route }) => route)).toEqual([
      "GET /openapi.json",
      "GET /docs",
      "GET /health",
    ]);
  });

  it("grant no function a wildcard, and no function of the API a way into another bucket's work", () => {
    for (const spec of Object.values(specs)) {
      for (const grant of spec.grants) {
        expect(grant.actions.every((action) => /^(s3|states|lambda):[A-Za-z]+$/.test(action))).toBe(true);
        if ("bucket" in grant) expect(grant.prefix).toMatch(/^[a-z]+\/$/);
      }
    }
    expect(JSON.stringify(specs.presign.grants)).not.toContain("work/");
    // Who reads keys cannot write one.
    expect(specs.authorize.grants).toEqual([
      { bucket: "results", prefix: "keys/", actions: ["s3:GetObject", "s3:ListBucket"] },
      { bucket: "results", prefix: "keyuse/", actions: ["s3:PutObject"] },
    ]);
    const keepers = Object.entries(specs).filter(([, { grants }]) => JSON.stringify(grants).includes('"keys/"'));
    expect(keepers.map(([name]) => name).sort()).toEqual(["authorize", "keys"]);
    const auditors = Object.values(specs).flatMap(({ grants }) =>
      grants.filter((one) => JSON.stringify(one).includes("audit/")),
    );
    for (const grant of auditors) expect(grant.actions).toEqual(["s3:PutObject"]);
  });

  it("say of every route what its caller must be allowed to do", () => {
    for (const { route, scope } of routes)
      expect([route, scope === null || scopes.includes(scope)]).toEqual([route, true]);
    const open = routes.filter(({ scope }) => scope === null).map(({ route }) => route);
    expect(open.sort()).toEqual(["GET /docs", "GET /health", "GET /openapi.json"]);
    expect(Object.keys(routeScopes)).toEqual(
      expect.arrayContaining(routes.filter((one) => one.scope).map((one) => one.route)),
    );
    // Two routes of one name would share a row.
    expect(new Set(routes.map(({ route }) => route)).size).toBe(routes.length);
  });
});
