import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { readSettings } from "../../layers/core/index.ts";
import { functionSpecs } from "../../stacks/app/index.ts";
import { deploymentOf } from "../../stacks/aws/deployment.ts";
import { projectRoot } from "../../stacks/local/project-root.ts";
import { checkGrants, checkTrust, checkWildcards } from "./support/check-access.ts";
import {
  checkBucketRules,
  checkBuckets,
  checkFunctions,
  checkOperations,
  checkRoutes,
} from "./support/check-resources.ts";
import { checkStreams } from "./support/check-streams.ts";
import { checkErrors, definitions } from "./support/check-workflow.ts";
import { type Evaluation, evaluate } from "./support/evaluate.ts";
import { whyNoPlatform } from "./support/platform.ts";
import { all, functionOf, one, roleOf } from "./support/resources.ts";
import { resourceTable } from "./support/table.ts";

const absent = await whyNoPlatform();
const title = absent ? `the app on AWS (skipped: ${absent})` : "the app on AWS";

/** Everything that is not the default, in one deployment. */
const other = {
  HALFGIG_ARCHITECTURE: "x86_64",
  HALFGIG_INFER_MEMORY: "2048",
  HALFGIG_PAGE: "false",
  HALFGIG_PAGE_ORIGINS: "https://one.example, https://two.example",
  HALFGIG_RESERVE_CONCURRENCY: "no",
  HALFGIG_TRACING: "yes",
  HALFGIG_ALARM_EMAIL: "operator@example.org",
  HALFGIG_LOG_DAYS: "7",
  MAX_CONCURRENCY: "5",
  ASR_PROVIDER: "transcribe",
  SEARCH_INDEX: "s3vectors",
  S3VECTORS_BUCKET: "theirs",
};
const secrets = { ASR_PROVIDER: "openai", SST_SECRET_OpenaiApiKey: "sk-the-key", AWS_REGION: "us-east-1" };

describe.skipIf(absent)(title, () => {
  let dev: Evaluation;
  let production: Evaluation;
  let custom: Evaluation;
  beforeAll(async () => {
    [dev, production, custom] = await Promise.all([
      evaluate("dev"),
      evaluate("production", { environment: secrets }),
      evaluate("dev", { environment: other }),
    ]);
  }, 300_000);
  const app = (environment: Record<string, string> = {}) => {
    const { settings } = deploymentOf({ name: "halfgig", stage: "dev", production: false }, environment);
    return { settings, specs: functionSpecs(settings) };
  };
  /** A copy in which somebody made a mistake. */
  const mistaken = (evaluation: Evaluation, spoil: (copy: Evaluation) => void): Evaluation => {
    const copy = structuredClone(evaluation);
    spoil(copy);
    return copy;
  };

  it("is made of these resources", async () => {
    await expect(resourceTable(dev)).toMatchFileSnapshot("resources.txt");
  });

  it("compiles against SST's own types", async () => {
    const { stdout } = await promisify(execFile)("tsc", ["--noEmit", "-p", "stacks/aws"], { cwd: projectRoot }).catch(
      (error: { stdout: string }) => error,
    );
    // What is outside is checked with the rest of the project.
    const own = /^(sst\.config|stacks\/aws|\.sst)/;
    expect(stdout.split("\n").filter((line) => own.test(line))).toEqual([]);
  }, 120_000);

  describe("functions", () => {
    it("are those of stacks/app, from the bundles that the embedded host runs", () => {
      const { specs, settings } = app();
      expect(checkFunctions(dev, specs, settings)).toEqual([]);
      expect(dev.builds.map(({ bundle, handler }) => `${bundle} ${handler}`).sort()).toEqual(
        Object.keys(specs)
          .map((name) => `dist/bundles/${name} index.handler`)
          .sort(),
      );
      expect(dev.builds.flatMap(({ links }) => links)).toEqual([]);
    });

    it("change with the settings", () => {
      const { specs, settings } = app(other);
      expect(checkFunctions(custom, specs, settings)).toEqual([]);
      expect(functionOf(custom, "infer").inputs).toMatchObject({ memorySize: 2048, architectures: ["x86_64"] });
      expect(functionOf(custom, "infer").inputs.reservedConcurrentExecutions).toBeUndefined();
      expect(functionOf(custom, "infer").inputs.tracingConfig).toEqual({ mode: "Active" });
      // A vector bucket that is there already is used as it is.
      expect(JSON.stringify(roleOf(custom, "search").inputs)).toContain(":bucket/theirs/index/halfgig-passages");
      expect(all(custom, "aws:s3/vectorsVectorBucket:VectorsVectorBucket")).toEqual([]);
    });

    it("leave room for others in an account's thousand concurrent executions", () => {
      const reserved = all(dev, "aws:lambda/function:Function").map(({ inputs }) =>
        Number(inputs.reservedConcurrentExecutions),
      );
      expect(reserved.every((count) => count > 0)).toBe(true);
      expect(reserved.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(900);
    });

    it.each<[string, (copy: Evaluation) => void, RegExp]>([
      ["of 4 GB", (copy) => (functionOf(copy, "infer").inputs.memorySize = 4096), /^infer: 4096 MB/],
      ["for another processor", (copy) => (functionOf(copy, "split").inputs.architectures = ["x86_64"]), /processor/],
      [
        "with a variable too many",
        (copy) => Object.assign(functionOf(copy, "jobs").inputs.environment as object, { variables: { SST_KEY: "k" } }),
        /^jobs: variables that nobody declared: SST_KEY/,
      ],
    ])("a function %s is noticed", (_name, spoil, complaint) => {
      const { specs, settings } = app();
      expect(checkFunctions(mistaken(dev, spoil), specs, settings)).toContainEqual(expect.stringMatching(complaint));
    });

    it("get the key of a service from a secret, and nobody but infer gets it", () => {
      expect(one(production, "aws:sfn/stateMachine:StateMachine", "Workflow").inputs.definition).toContain(
        ":us-east-1:",
      );
      const holders = production.resources.filter(
        ({ custom, inputs }) => custom && JSON.stringify(inputs).includes("sk-the-key"),
      );
      expect(holders.map(({ name }) => name)).toEqual(["InferFunction"]);
      // Of the access token nobody gets more than its hash.
      expect(JSON.stringify(production.resources.filter(({ custom }) => custom))).not.toContain("a token");
    });
  });

  describe("permissions", () => {
    it("are the grants of stacks/app and no more, in every stage", () => {
      expect(checkGrants(dev, app().specs)).toEqual([]);
      expect(checkGrants(custom, app(other).specs)).toEqual([]);
      for (const stage of [dev, production, custom]) {
        expect(checkWildcards(stage)).toEqual([]);
        expect(checkTrust(stage)).toEqual([]);
      }
    });

    const policyOf = (copy: Evaluation, name: Parameters<typeof roleOf>[1]) =>
      (roleOf(copy, name).inputs.inlinePolicies as { policy: string }[])[0]!;
    it.each<[string, (copy: Evaluation) => void, RegExp]>([
      [
        "a grant that is removed",
        (copy) => {
          const inline = policyOf(copy, "infer");
          inline.policy = inline.policy.replace('"s3:PutObject"', '"s3:GetObject"');
        },
        /^infer: the grant of s3:PutObject/,
      ],
      [
        "a permission that nobody granted",
        (copy) => {
          const inline = policyOf(copy, "jobs");
          inline.policy = inline.policy.replace('"s3:GetObject"', '"s3:GetObject","s3:DeleteObject"');
        },
        /^jobs: s3:DeleteObject is in its policy/,
      ],
      [
        "a grant for the whole bucket",
        (copy) => {
          const inline = policyOf(copy, "results");
          inline.policy = inline.policy.replaceAll("/jobs/*", "/*");
        },
        /^results: s3:GetObject reaches .*elsewhere/,
      ],
    ])("%s is noticed", (_name, spoil, complaint) => {
      expect(checkGrants(mistaken(dev, spoil), app().specs)).toContainEqual(expect.stringMatching(complaint));
    });

    it("a wildcard and a role that the account's root may take are noticed", () => {
      const wild = mistaken(dev, (copy) => {
        const inline = policyOf(copy, "jobs");
        inline.policy = inline.policy.replace('"s3:GetObject"', '"s3:*"');
      });
      expect(checkWildcards(wild)).toEqual(["JobsRole: action s3:*"]);
      const root = mistaken(dev, (copy) => {
        const { inputs } = roleOf(copy, "jobs");
        const principal = { Service: "lambda.amazonaws.com", AWS: "arn:aws:iam::123456789012:root" };
        inputs.assumeRolePolicy = JSON.stringify({ Statement: [{ Principal: principal }] });
      });
      expect(checkTrust(root)).toEqual([expect.stringContaining("JobsRole: trusts")]);
    });
  });

  describe("storage", () => {
    const page = "https://pagecdndistribution.cloudfront.net";
    it("is closed, encrypted, cleaned up, and open to the page's origin alone", () => {
      for (const stage of [dev, production, custom]) expect(checkBuckets(stage)).toEqual([]);
      expect(checkBucketRules(dev, [page])).toEqual([]);
      expect(checkBucketRules(production, [page])).toEqual([]);
      expect(checkBucketRules(custom, ["https://one.example", "https://two.example"])).toEqual([]);
    });

    it.each(["blockPublicPolicy", "restrictPublicBuckets"])("a public bucket is noticed (%s)", (key) => {
      const type = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock";
      const open = mistaken(dev, (copy) => (one(copy, type, "UploadsBucketPublicAccessBlock").inputs[key] = false));
      expect(checkBuckets(open)).toEqual([`UploadsBucketBucket: ${key} is off`]);
    });

    it("a bucket that plain HTTP or anybody may read is noticed", () => {
      const open = mistaken(dev, (copy) => {
        const { inputs } = one(copy, "aws:s3/bucketPolicy:BucketPolicy", "ResultsBucketPolicy");
        inputs.policy = JSON.stringify({
          Statement: [{ Effect: "Allow", Principal: { AWS: ["*"] }, Action: "s3:GetObject" }],
        });
      });
      expect(checkBuckets(open)).toEqual([
        "ResultsBucketBucket: plain HTTP is not refused",
        "ResultsBucketBucket: anybody may s3:GetObject",
      ]);
    });

    it("is kept in production, and goes with any other stage", () => {
      const forced = (stage: Evaluation) =>
        all(stage, "aws:s3/bucket:Bucket").filter(
          ({ name, inputs }) => inputs.forceDestroy === true && name !== "SiteAssetsBucket",
        ).length;
      expect(production.app).toMatchObject({ removal: "retain", protect: true });
      expect(forced(production)).toBe(0);
      expect(dev.app).toMatchObject({ removal: "remove", protect: false });
      expect(forced(dev)).toBe(3);
      const versioned = (stage: Evaluation) =>
        all(stage, "aws:s3/bucketVersioning:BucketVersioning").map(({ name }) => name);
      expect([versioned(dev), versioned(production)]).toEqual([[], ["ResultsBucketVersioning"]]);
    });
  });

  describe("the workflow", () => {
    it("is byte for byte what the embedded host runs, but for ARNs and the bucket's name", () => {
      const { aws, embedded } = definitions(dev, app().settings.MAX_CONCURRENCY);
      expect(aws).toBe(embedded);
      expect(definitions(custom, 5).aws).toBe(definitions(custom, 5).embedded);
    });

    it("handles every error code", () => {
      expect(checkErrors(dev)).toEqual([]);
    });

    it.each<[string, (text: string) => string, RegExp]>([
      [
        "a code that is not tried again",
        (text) => text.replace(',"storage.conflict"', ""),
        /^\w+: storage.conflict is not tried again/,
      ],
      [
        "a step without a record",
        (text) => text.replace('"Catch":[{"ErrorEquals":["States.ALL"]', '"Catch":[{"ErrorEquals":["x"]'),
        /^\w+: errors end without a record/,
      ],
      ["a state that does not exist", (text) => text.replace('"Next":"Split"', '"Next":"Spilt"'), /^invalid/],
    ])("%s is noticed", (_name, spoil, complaint) => {
      const copy = mistaken(dev, (own) => {
        const { inputs } = one(own, "aws:sfn/stateMachine:StateMachine", "Workflow");
        inputs.definition = spoil(String(inputs.definition));
      });
      expect(checkErrors(copy)).toContainEqual(expect.stringMatching(complaint));
    });
  });

  describe("the API and operations", () => {
    it("has every route of stacks/app, with its function and its authorizer", () => {
      expect(checkRoutes(dev)).toEqual([]);
      const open = mistaken(dev, (copy) => {
        const { inputs } = all(copy, "aws:apigatewayv2/route:Route").find(
          (route) => route.inputs.routeKey === "GET /v1/jobs",
        )!;
        inputs.authorizationType = "NONE";
      });
      expect(checkRoutes(open)).toEqual(["GET /v1/jobs: does not ask for a token"]);
    });

    it("watches every function, keeps events that nobody could handle, and forgets logs in time", () => {
      for (const [stage, environment] of [
        [dev, {}],
        [custom, other],
      ] as const) {
        expect(checkOperations(stage, app(environment).specs)).toEqual([]);
      }
      expect(one(custom, "aws:sns/topicSubscription:TopicSubscription", "AlarmMail").inputs.endpoint).toBe(
        "operator@example.org",
      );
      const unwatched = mistaken(dev, (copy) => {
        copy.resources = copy.resources.filter(({ name }) => name !== "AlarmHalfgigDevInferMemory");
      });
      expect(checkOperations(unwatched, app().specs)).toEqual(["infer: no alarm at 90 % of 512 MB"]);
    });

    it("sweeps every hour, and hears of executions that did not succeed", () => {
      const rule = (name: string) => one(dev, "aws:cloudwatch/eventRule:EventRule", name).inputs;
      expect(rule("SweepSchedule").scheduleExpression).toBe("rate(1 hour)");
      expect(JSON.parse(String(rule("ExecutionEnds").eventPattern)).detail).toEqual({
        stateMachineArn: ["arn:aws:states:eu-central-1:123456789012:stateMachine:halfgig-dev-media"],
        status: ["FAILED", "TIMED_OUT", "ABORTED"],
      });
    });

    it("gives functions that stream their replies an address of their own, and no other function one", () => {
      expect(checkStreams(dev, app().specs)).toEqual([]);
      expect(checkStreams(custom, app(other).specs)).toEqual([]);
      expect(one(custom, "aws:lambda/functionUrl:FunctionUrl", "AskUrl").inputs.cors).toMatchObject({
        allowOrigins: ["https://one.example", "https://two.example"],
        allowMethods: ["POST"],
      });
      expect(custom.outputs).toMatchObject({
        askUrl: "https://askurl.lambda-url.eu-central-1.on.aws/",
        openaiAudioUrl: "https://openaiaudiourl.lambda-url.eu-central-1.on.aws/",
      });
    });

    const url = "aws:lambda/functionUrl:FunctionUrl";
    it.each<[string, (copy: Evaluation) => void, RegExp]>([
      [
        "that holds replies back",
        (copy) => (one(copy, url, "AskUrl").inputs.invokeMode = "BUFFERED"),
        /^ask: its replies/,
      ],
      [
        "that cannot ask who calls it",
        (copy) => {
          const { inputs } = roleOf(copy, "openaiAudio");
          const [inline] = inputs.inlinePolicies as { policy: string }[];
          inline!.policy = inline!.policy.replace("-authorize", "-jobs");
        },
        /^openaiAudio: anybody may call it/,
      ],
      [
        "of another function",
        (copy) => copy.resources.push({ ...one(copy, url, "AskUrl"), name: "KeysUrl" }),
        /^KeysUrl/,
      ],
      [
        "that the page does not use",
        (copy) => {
          copy.resources = copy.resources.filter(({ name }) => !name.startsWith("PageRoute/v1/ask"));
        },
        /^ask: the page's POST \/v1\/ask is elsewhere/,
      ],
    ])("an address %s is noticed", (_name, spoil, complaint) => {
      expect(checkStreams(mistaken(dev, spoil), app().specs)).toEqual([expect.stringMatching(complaint)]);
    });

    it("puts the API under the page's address, or leaves the page out", () => {
      expect(dev.outputs.page).toMatch(/^https:/);
      expect(dev.resources.some(({ name }) => name.startsWith("PageRoute/v1"))).toBe(true);
      expect(custom.outputs.page).toBeUndefined();
      expect(all(custom, "aws:cloudfront/distribution:Distribution")).toEqual([]);
    });
  });
});

it("a setting that cannot be used stops the deployment and says which", () => {
  const deploy = (environment: Record<string, string>) =>
    deploymentOf({ name: "halfgig", stage: "dev", production: false }, environment);
  expect(() => deploy({ HALFGIG_ARCHITECTURE: "sparc" })).toThrow(/HALFGIG_ARCHITECTURE="sparc"/);
  expect(() => deploy({ HALFGIG_PAGE_ORIGINS: "https://one.example/page" })).toThrow(/HALFGIG_PAGE_ORIGINS/);
  expect(() => deploymentOf({ name: "halfgig", stage: "my_stage", production: false }, {})).toThrow(/letters, digits/);
  expect(deploy({}).settings.MAX_CONCURRENCY).toBe(20);
  expect(readSettings({}).MAX_CONCURRENCY).toBe(2);
});
