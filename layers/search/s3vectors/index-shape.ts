import { embeddingSize } from "../embedder.ts";

/** The one index of a vector bucket, as Amazon S3 Vectors' CreateIndex takes it. None of it can be changed later. */
export const vectorIndexShape = {
  indexName: "halfgig-passages",
  dataType: "float32",
  dimension: embeddingSize,
  distanceMetric: "cosine",
  // What is filtered by has 2 KB in all for a vector, and a passage's text alone can be as long.
  nonFilterableMetadataKeys: ["text"],
} as const;
