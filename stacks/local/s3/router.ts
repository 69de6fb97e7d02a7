import type { Operation, S3Action, S3Context } from "./context.ts";
import { S3Error } from "./errors.ts";
import * as buckets from "./operations/buckets.ts";
import { completeMultipartUpload } from "./operations/complete-multipart.ts";
import { copyObject } from "./operations/copy-object.ts";
import { deleteObject, deleteObjects } from "./operations/delete-object.ts";
import { getObject } from "./operations/get-object.ts";
import { listObjects } from "./operations/list-objects.ts";
import { listMultipartUploads, listParts } from "./operations/list-uploads.ts";
import { abortMultipartUpload, createMultipartUpload, uploadPart, uploadPartCopy } from "./operations/multipart.ts";
import { putObject } from "./operations/put-object.ts";
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from "./operations/tagging.ts";
import type { Target } from "./uri.ts";

type Route = {
  method: string;
  /** The query parameter that names the operation; absent for the plain method. */
  on?: string;
  /** Whether `x-amz-copy-source` is there. */
  copy?: boolean;
  /** Undefined where each key of the request is authorized on its own. */
  action: S3Action | undefined;
  operation: Operation;
};

const serviceRoutes: Route[] = [{ method: "GET", action: "s3:ListAllMyBuckets", operation: buckets.listBuckets }];

const bucketRoutes: Route[] = [
  { method: "GET", action: "s3:ListBucket", operation: listObjects },
  { method: "HEAD", action: "s3:ListBucket", operation: buckets.headBucket },
  { method: "PUT", action: "s3:CreateBucket", operation: buckets.createBucket },
  { method: "DELETE", action: "s3:DeleteBucket", operation: buckets.deleteBucket },
  { method: "POST", on: "delete", action: undefined, operation: deleteObjects },
  { method: "GET", on: "uploads", action: "s3:ListBucketMultipartUploads", operation: listMultipartUploads },
  { method: "GET", on: "location", action: "s3:GetBucketLocation", operation: buckets.getBucketLocation },
  { method: "GET", on: "versioning", action: "s3:GetBucketLocation", operation: buckets.getBucketVersioning },
  { method: "GET", on: "cors", action: "s3:GetBucketCORS", operation: buckets.getBucketCors },
  { method: "PUT", on: "cors", action: "s3:PutBucketCORS", operation: buckets.putBucketCors },
  { method: "DELETE", on: "cors", action: "s3:PutBucketCORS", operation: buckets.deleteBucketCors },
];

const objectRoutes: Route[] = [
  { method: "GET", action: "s3:GetObject", operation: getObject },
  { method: "HEAD", action: "s3:GetObject", operation: getObject },
  { method: "PUT", action: "s3:PutObject", operation: putObject },
  { method: "PUT", copy: true, action: "s3:PutObject", operation: copyObject },
  { method: "DELETE", action: "s3:DeleteObject", operation: deleteObject },
  { method: "POST", on: "uploads", action: "s3:PutObject", operation: createMultipartUpload },
  { method: "PUT", on: "uploadId", action: "s3:PutObject", operation: uploadPart },
  { method: "PUT", on: "uploadId", copy: true, action: "s3:PutObject", operation: uploadPartCopy },
  { method: "POST", on: "uploadId", action: "s3:PutObject", operation: completeMultipartUpload },
  { method: "DELETE", on: "uploadId", action: "s3:AbortMultipartUpload", operation: abortMultipartUpload },
  { method: "GET", on: "uploadId", action: "s3:ListMultipartUploadParts", operation: listParts },
  { method: "GET", on: "tagging", action: "s3:GetObjectTagging", operation: getObjectTagging },
  { method: "PUT", on: "tagging", action: "s3:PutObjectTagging", operation: putObjectTagging },
  { method: "DELETE", on: "tagging", action: "s3:DeleteObjectTagging", operation: deleteObjectTagging },
];

/** Every parameter by which S3 selects an operation. One that has no route is refused rather than taken for a plain GET or PUT. */
const selectors = new Set(
  (
    "abac accelerate acl analytics attributes cors delete encryption intelligent-tiering inventory legal-hold lifecycle " +
    "location logging metadataConfiguration metadataTable metrics notification object-lock ownershipControls policy policyStatus " +
    "publicAccessBlock renameObject replication requestPayment restore retention select session tagging torrent uploadId uploads " +
    "versioning versions website"
  ).split(" "),
);

/** The route of a request. Throws NotImplemented or MethodNotAllowed. */
export function findRoute(method: string, target: Target, isCopy: boolean): Route {
  const routes = target.bucket === "" ? serviceRoutes : target.key === "" ? bucketRoutes : objectRoutes;
  const selected = target.query.pairs.map(([name]) => name).filter((name) => selectors.has(name));
  const candidates = routes.filter(
    (route) =>
      route.method === method && (route.on === undefined ? selected.length === 0 : selected.includes(route.on)),
  );
  const route = candidates.find((candidate) => (candidate.copy ?? false) === isCopy);
  if (route !== undefined) return route;
  if (candidates.length === 0 && selected.length === 0 && !routes.some((candidate) => candidate.method === method)) {
    throw new S3Error("MethodNotAllowed", undefined, { details: { Method: method } });
  }
  const what = [method, ...selected.map((name) => `?${name}`), ...(isCopy ? ["x-amz-copy-source"] : [])].join(" ");
  throw new S3Error("NotImplemented", `This server does not offer ${what} on this resource.`);
}

/** Authorizes the request and runs its operation. */
export async function dispatch(context: S3Context): Promise<Awaited<ReturnType<Operation>>> {
  const { target } = context;
  const isCopy = context.header("x-amz-copy-source") !== undefined;
  const { action, operation } = findRoute(context.request.method ?? "", target, isCopy);
  if (action !== undefined) {
    const subject = target.key === "" ? (target.query.get("prefix") ?? "") : target.key;
    context.assertAllowed(action, target.bucket, subject);
  }
  return await operation(context);
}
