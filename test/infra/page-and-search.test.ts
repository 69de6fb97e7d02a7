import { beforeAll, describe, expect, it } from "vitest";
import { functionSpecs, voiceModelPrefix } from "../../stacks/app/index.ts";
import { deploymentOf } from "../../stacks/aws/deployment.ts";
import { checkGrants, checkWildcards } from "./support/check-access.ts";
import { broughtObjects, checkVectors } from "./support/check-models.ts";
import { checkHeaders, type HeadersPolicy, headersAdded } from "./support/check-page.ts";
import { checkFunctions } from "./support/check-resources.ts";
import { type Evaluation, evaluate } from "./support/evaluate.ts";
import { travellingManifest } from "./support/manifest.ts";
import { whyNoPlatform } from "./support/platform.ts";
import { all, bucketNameOf, functionOf, list, one, roleOf } from "./support/resources.ts";

const absent = await whyNoPlatform();
const title = absent ? `page, search and models on AWS (skipped: ${absent})` : "page, search and models on AWS";

const environment = {
  SEARCH_INDEX: "s3vectors",
  ANSWER_PROVIDER: "bedrock",
  ANSWER_MODEL: "a-model",
  VOICE_MODEL: "xlsr",
  HALFGIG_INFER_MEMORY: "1024",
};

describe.skipIf(absent)(title, () => {
  let stage: Evaluation;
  beforeAll(async () => {
    stage = await evaluate("production", { environment });
  }, 300_000);
  const app = { name: "halfgig", stage: "production", production: true };
  const { settings } = deploymentOf(app, environment);
  const specs = functionSpecs(settings);
  const mistaken = (spoil: (copy: Evaluation) => void): Evaluation => {
    const copy = structuredClone(stage);
    spoil(copy);
    return copy;
  };
  const headers = (copy: Evaluation, name: string) =>
    one(copy, "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy", name).inputs as HeadersPolicy;

  it("the page's files have the embedded host's headers, and everything else the API's", () => {
    expect(checkHeaders(stage, "eu-central-1")).toEqual([]);
    const policy = headersAdded(stage, "PageHeaders")["content-security-policy"] ?? "";
    expect(policy).toMatch(/(^|; )connect-src 'self' https:\/\/\S+uploads\S+ https:\/\/\S+results[^ ;]+(;|$)/);
    expect(policy).not.toMatch(/unsafe-eval|\*|script-src/);
    // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
    expect(policy.length).toBeLessThan(1783);
  });

  it.each<[string, (copy: Evaluation) => void, RegExp]>([
    [
      "a page without a policy",
      (copy) => {
        const distribution = one(copy, "aws:cloudfront/distribution:Distribution", "PageCdnDistribution");
        distribution.inputs.orderedCacheBehaviors = [];
      },
      /^\/assets\/\*: without the page's headers/,
    ],
    [
      "a policy that lets scripts of others run",
      (copy) => {
        headers(copy, "PageHeaders").securityHeadersConfig.contentSecurityPolicy!.contentSecurityPolicy +=
          "; script-src *";
      },
      /^the page: content-security-policy is /,
    ],
    [
      "an API whose replies are guessed at",
      (copy) => {
        headers(copy, "ApiHeaders").securityHeadersConfig.contentTypeOptions = undefined;
      },
      /^the API: x-content-type-options is undefined/,
    ],
    [
      "a policy that replaces a function's own",
      (copy) => {
        headers(copy, "ApiHeaders").securityHeadersConfig.contentSecurityPolicy!.override = true;
      },
      /^ApiHeaders: replaces/,
    ],
  ])("%s is noticed", (_name, spoil, complaint) => {
    expect(checkHeaders(mistaken(spoil), "eu-central-1")).toContainEqual(expect.stringMatching(complaint));
  });

  it("search has a vector index of its own, which takes what search writes", () => {
    const bucket = "halfgig-production-passages";
    expect(checkVectors(stage, bucket)).toEqual([]);
    const { variables } = functionOf(stage, "search").inputs.environment as { variables: Record<string, string> };
    expect(variables).toMatchObject({ SEARCH_INDEX: "s3vectors", S3VECTORS_BUCKET: bucket });
    const short = mistaken((copy) => {
      one(copy, "aws:s3/vectorsIndex:VectorsIndex", "VectorsIndex").inputs.dimension = 256;
    });
    expect(checkVectors(short, bucket)).toEqual(["the index's dimension is 256, and search needs 384"]);
  });

  it("functions reach that index and no other, each with what it does there", () => {
    expect(checkGrants(stage, specs)).toEqual([]);
    expect(checkWildcards(stage)).toEqual([]);
    const policyOf = (copy: Evaluation) => (roleOf(copy, "search").inputs.inlinePolicies as { policy: string }[])[0]!;
    expect(policyOf(stage).policy).toContain(
      "arn:aws:s3vectors:eu-central-1:123456789012:bucket/halfgig-production-passages/index/halfgig-passages",
    );
    expect(policyOf(stage).policy).not.toMatch(/PutVectors|DeleteVectors|ListVectors|CreateIndex/);
    const wide = mistaken((copy) => {
      const own = policyOf(copy);
      own.policy = own.policy.replaceAll("bucket/halfgig-production-passages/index/halfgig-passages", "bucket/*");
    });
    expect(checkGrants(wide, specs)).toContainEqual(expect.stringMatching(/^search: s3vectors:\w+ reaches .*another/));
  });

  it("functions that search carry the embedding model and no other, and know where it is", () => {
    expect(checkFunctions(stage, specs, settings)).toEqual([]);
    const carried = (name: "search" | "index" | "infer" | "split") =>
      list(functionOf(stage, name).inputs.layers as string[]).map((arn) => arn.split(":").at(-2)?.split("-").at(-1));
    expect(carried("search")).toEqual(["onnxruntime", "embedding"]);
    expect(carried("index")).toEqual(["onnxruntime", "embedding"]);
    expect(carried("infer")).toEqual(["onnxruntime", "models", "silero"]);
    expect(carried("split")).toEqual(["ffmpeg", "onnxruntime", "silero"]);
    const { variables } = functionOf(stage, "index").inputs.environment as { variables: Record<string, string> };
    expect(variables.EMBEDDING_MODEL_DIR).toBe("/opt/models/all-MiniLM-L6-v2");
  });

  it("a detector that is too large for a layer is brought to where infer fetches it", () => {
    const prefix = voiceModelPrefix(travellingManifest);
    const { variables } = functionOf(stage, "infer").inputs.environment as { variables: Record<string, string> };
    expect(variables).toMatchObject({ VOICE_MODEL_KEY: prefix, VOICE_MODEL_DIR: "" });
    expect(functionOf(stage, "infer").inputs.ephemeralStorage).toEqual({ size: 2048 });
    expect(broughtObjects(stage, bucketNameOf(stage, "results"))).toEqual(
      ["model.json", "model.onnx", "weights.bin"].map((name) => ({
        key: prefix + name,
        asset: `dist/travelling/arm64/${name}`,
      })),
    );
    // Another processor's weights are other bytes: they must not meet under one name.
    expect(voiceModelPrefix({ ...travellingManifest, weightBytes: "unsigned" })).not.toBe(prefix);
    expect(all(stage, "aws:s3/bucketObjectv2:BucketObjectv2").length).toBeGreaterThan(3);
  });
});

it("a search index that functions cannot share stops the deployment, and says what to choose", () => {
  const deploy = (given: Record<string, string>) =>
    deploymentOf({ name: "halfgig", stage: "Dev", production: false }, given);
  expect(() => deploy({ SEARCH_INDEX: "sqlite" })).toThrow(/s3vectors, pinecone or none/);
  expect(deploy({}).settings.SEARCH_INDEX).toBe("none");
  expect(deploy({ SEARCH_INDEX: "s3vectors" }).vectors).toEqual({ bucket: "halfgig-dev-passages", own: true });
  expect(deploy({ SEARCH_INDEX: "s3vectors", S3VECTORS_BUCKET: "theirs" }).vectors).toEqual({
    bucket: "theirs",
    own: false,
  });
});
