import { type BucketName, type BucketSpec, buckets } from "../../app/index.ts";
import { componentName, type Deployment } from "../deployment.ts";

export type Storage = ReturnType<typeof createStorage>;

/** Parts of an upload that nobody completed are paid for until somebody removes them. */
const abortUploadsAfterDays = 2;
/** How long an overwritten or deleted object can be had back, where a bucket keeps versions. */
const keepVersionsDays = 30;

/** The buckets of stacks/app: encrypted, TLS only, closed to the public, with their CORS and lifecycle rules. */
export function createStorage({ deployment, origins }: { deployment: Deployment; origins: $util.Input<string>[] }) {
  const create = (spec: BucketSpec) => createBucket(spec, deployment, origins);
  const created = Object.fromEntries(buckets.map((spec) => [spec.name, create(spec)]));
  return { buckets: created as Record<BucketName, sst.aws.Bucket> };
}

function createBucket(spec: BucketSpec, { production }: Deployment, origins: $util.Input<string>[]) {
  // A function may have a bucket's name, and components share one space of names.
  const name = `${componentName(spec.name)}Bucket`;
  // Uploads can be sent again; what was computed from them cannot be had back for nothing.
  const versioned = production && spec.name === "results";
  const bucket = new sst.aws.Bucket(name, {
    versioning: versioned,
    enforceHttps: true,
    cors:
      spec.cors && origins.length > 0
        ? {
            allowOrigins: origins,
            allowMethods: spec.cors.methods,
            allowHeaders: ["*"],
            exposeHeaders: spec.cors.exposeHeaders,
            maxAge: `${spec.cors.maxAgeSeconds} seconds`,
          }
        : false,
    // SST's own rules know no multipart uploads and no versions: the transform adds these.
    lifecycle: spec.expire.map(({ prefix, days }) => ({ id: ruleId(prefix), prefix, expiresIn: `${days} days` })),
    transform: {
      bucket: { forceDestroy: !production },
      lifecycle: (args) => {
        args.rules = $util.output(args.rules).apply((rules) => [
          ...(rules ?? []),
          {
            id: "abort-uploads",
            status: "Enabled",
            filter: { prefix: "" },
            abortIncompleteMultipartUpload: { daysAfterInitiation: abortUploadsAfterDays },
            ...(versioned ? { noncurrentVersionExpiration: { noncurrentDays: keepVersionsDays } } : {}),
          },
        ]);
      },
    },
  });
  new aws.s3.BucketServerSideEncryptionConfiguration(`${name}Encryption`, {
    bucket: bucket.name,
    rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
  });
  new aws.s3.BucketOwnershipControls(`${name}Ownership`, {
    bucket: bucket.name,
    rule: { objectOwnership: "BucketOwnerEnforced" },
  });
  return bucket;
}

/** `uploads/` → `expire-uploads`. */
const ruleId = (prefix: string) => `expire-${prefix.replaceAll("/", "-").replace(/-$/, "")}`;
