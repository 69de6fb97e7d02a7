import { vectorIndexShape } from "../../../layers/search/s3vectors/index-shape.ts";
import type { Evaluation, Resource } from "./evaluate.ts";
import { all } from "./resources.ts";

/** The vector bucket of the stage, with an index that takes what search writes. */
export function checkVectors(evaluation: Evaluation, bucketName: string): string[] {
  const buckets = all(evaluation, "aws:s3/vectorsVectorBucket:VectorsVectorBucket");
  const [index, ...more] = all(evaluation, "aws:s3/vectorsIndex:VectorsIndex").map(({ inputs }) => inputs);
  if (buckets.length !== 1 || !index || more.length > 0) return ["there is not one vector bucket with one index"];
  const { nonFilterableMetadataKeys, ...shape } = vectorIndexShape;
  const { metadataConfiguration, vectorBucketName, ...own } = index;
  const complain = (right: boolean, text: string) => (right ? [] : [text]);
  const notFiltered = (metadataConfiguration as { nonFilterableMetadataKeys?: string[] })?.nonFilterableMetadataKeys;
  return [
    ...complain(buckets[0]!.inputs.vectorBucketName === bucketName, "the bucket has another name"),
    ...complain(vectorBucketName === bucketName, "the index is in another bucket"),
    ...Object.entries(shape).flatMap(([name, value]) =>
      complain(own[name] === value, `the index's ${name} is ${own[name]}, and search needs ${value}`),
    ),
    ...complain(String(notFiltered) === String(nonFilterableMetadataKeys), "long metadata counts as filterable"),
  ];
}

/** What is brought to the results bucket by a deploy: keys, and from which files. */
export function broughtObjects(evaluation: Evaluation, bucket: string): { key: string; asset: string }[] {
  return all(evaluation, "aws:s3/bucketObjectv2:BucketObjectv2")
    .filter(({ inputs }: Resource) => inputs.bucket === bucket)
    .map(({ inputs }) => ({ key: String(inputs.key), asset: (inputs.source as { asset: string }).asset }));
}
