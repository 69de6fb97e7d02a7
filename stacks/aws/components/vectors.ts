import { vectorIndexShape } from "../../../layers/search/s3vectors/index-shape.ts";
import type { Deployment } from "../deployment.ts";

/** The vector bucket that search keeps passages in, with its one index; nothing where the stage has another store, or brings a bucket. */
export function createVectors({ production, vectors }: Deployment): void {
  if (!vectors.own) return;
  // Data outlives a production stack, as SST has it with buckets of objects.
  const kept = { retainOnDelete: production };
  // Encrypted (AES256) and closed to the public without being told: no vector bucket can be otherwise.
  const bucket = new aws.s3.VectorsVectorBucket(
    "Vectors",
    { vectorBucketName: vectors.bucket, forceDestroy: !production },
    kept,
  );
  const { nonFilterableMetadataKeys, ...shape } = vectorIndexShape;
  new aws.s3.VectorsIndex(
    "VectorsIndex",
    {
      ...shape,
      vectorBucketName: bucket.vectorBucketName,
      metadataConfiguration: { nonFilterableMetadataKeys: [...nonFilterableMetadataKeys] },
    },
    kept,
  );
}
