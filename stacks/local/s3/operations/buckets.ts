import { receiveText } from "../body.ts";
import { isoDate, type Reply, type S3Context } from "../context.ts";
import { corsRulesFromXml } from "../cors.ts";
import { S3Error } from "../errors.ts";
import { xmlDocument } from "../xml.ts";

const ownerId = "halfgig";

/** ListBuckets. */
export async function listBuckets(context: S3Context): Promise<Reply> {
  const buckets = context.store.list().map(({ name, createdMs }) => ({ Name: name, CreationDate: isoDate(createdMs) }));
  return {
    status: 200,
    body: xmlDocument("ListAllMyBucketsResult", {
      Owner: { ID: ownerId, DisplayName: ownerId },
      Buckets: { Bucket: buckets },
    }),
  };
}

/** HeadBucket. */
export async function headBucket(context: S3Context): Promise<Reply> {
  context.store.bucket(context.target.bucket);
  return { status: 200, headers: { "x-amz-bucket-region": context.host.region } };
}

/** CreateBucket. The document with a location constraint is read and ignored: there is one region. */
export async function createBucket(context: S3Context): Promise<Reply> {
  const { proceed } = context;
  await receiveText(context.request, context.authentication, { proceed, maxBytes: 64 * 1024 });
  await context.store.create(context.target.bucket);
  return { status: 200, headers: { location: `/${context.target.bucket}` } };
}

/** DeleteBucket. */
export async function deleteBucket(context: S3Context): Promise<Reply> {
  await context.store.destroy(context.target.bucket);
  return { status: 204 };
}

/** GetBucketLocation: us-east-1 is written as nothing, as S3 does. */
export async function getBucketLocation(context: S3Context): Promise<Reply> {
  context.store.bucket(context.target.bucket);
  const { region } = context.host;
  return { status: 200, body: xmlDocument("LocationConstraint", region === "us-east-1" ? "" : region) };
}

/** GetBucketVersioning: never enabled. */
export async function getBucketVersioning(context: S3Context): Promise<Reply> {
  context.store.bucket(context.target.bucket);
  return { status: 200, body: xmlDocument("VersioningConfiguration", {}) };
}

/** GetBucketCors. */
export async function getBucketCors(context: S3Context): Promise<Reply> {
  const { name } = context.bucket;
  const rules = context.store.cors(name);
  if (rules.length === 0) throw new S3Error("NoSuchCORSConfiguration", undefined, { details: { BucketName: name } });
  return {
    status: 200,
    body: xmlDocument("CORSConfiguration", {
      CORSRule: rules.map((rule) => ({
        AllowedOrigin: rule.allowedOrigins,
        AllowedMethod: rule.allowedMethods,
        AllowedHeader: rule.allowedHeaders ?? [],
        ExposeHeader: rule.exposeHeaders ?? [],
        MaxAgeSeconds: rule.maxAgeSeconds,
      })),
    }),
  };
}

/** PutBucketCors: takes the place of the configured rules and is kept. */
export async function putBucketCors(context: S3Context): Promise<Reply> {
  const rules = corsRulesFromXml(await context.document("CORSConfiguration"));
  if (rules.length === 0 || rules.length > 100) throw new S3Error("MalformedXML");
  await context.store.setCors(context.target.bucket, rules);
  return { status: 200 };
}

/** DeleteBucketCors: the configured rules count again. */
export async function deleteBucketCors(context: S3Context): Promise<Reply> {
  await context.store.setCors(context.target.bucket, undefined);
  return { status: 204 };
}
