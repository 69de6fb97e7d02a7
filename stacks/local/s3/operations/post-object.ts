import type { IncomingMessage } from "node:http";
import { pipeline } from "node:stream/promises";
import { bodyChunks, givenChecksums, maxSinglePutBytes } from "../body.ts";
import type { ChecksumAlgorithm } from "../checksums.ts";
import { quoteEtag, type Reply, S3Context, type S3Host } from "../context.ts";
import { DigestStream } from "../digest.ts";
import { S3Error } from "../errors.ts";
import { readForm, type StreamedForm } from "../form-data.ts";
import { describeObject, tagsFromXml } from "../object-description.ts";
import { checkPostPolicy, type LengthRange } from "../post-policy.ts";
import {
  type Authentication,
  assertSessionToken,
  hmacSha256,
  parseCredential,
  type S3Principal,
  sameSignature,
  signingKey,
} from "../sigv4.ts";
import { assertKeyLength, encodeKey, type Target } from "../uri.ts";
import { parseXml, xmlDocument } from "../xml.ts";
import { commitFile, singleFileRecord } from "./put-object.ts";

export type PostRequest = {
  request: IncomingMessage;
  target: Target;
  boundary: string;
  requestId: string;
  host: S3Host;
  findPrincipal: (accessKeyId: string) => S3Principal | undefined;
  proceed: () => void;
};

/** Stands for the name of the uploaded file in the form's key. */
const fileNameVariable = "$" + "{filename}";

/** The form is signed in its fields: the string to sign is the base64 policy. */
function authenticateForm(fields: Record<string, string>, findPrincipal: PostRequest["findPrincipal"]): Authentication {
  const { policy, "x-amz-credential": credential, "x-amz-signature": signature } = fields;
  if (policy === undefined || credential === undefined || signature === undefined) {
    throw new S3Error("AccessDenied", "Anonymous access is not allowed: the form needs a signed policy.");
  }
  if (fields["x-amz-algorithm"] !== "AWS4-HMAC-SHA256") {
    throw new S3Error("InvalidArgument", "x-amz-algorithm must be AWS4-HMAC-SHA256.");
  }
  const scope = parseCredential(credential);
  if (scope === undefined) throw new S3Error("InvalidArgument", "The x-amz-credential field is malformed.");
  const principal = findPrincipal(scope.accessKeyId);
  if (principal === undefined) throw new S3Error("InvalidAccessKeyId");
  const key = signingKey(principal.secretAccessKey, scope);
  if (!sameSignature(hmacSha256(key, policy).toString("hex"), signature)) throw new S3Error("SignatureDoesNotMatch");
  assertSessionToken(principal, fields["x-amz-security-token"]);
  const timestamp = fields["x-amz-date"] ?? "";
  return {
    principal,
    payloadMode: "UNSIGNED-PAYLOAD",
    presigned: false,
    chunkSigning: { key, timestamp, scope: scope.scope, seedSignature: signature },
  };
}

function success(fields: Record<string, string>, target: Target, etag: string, origin: string): Reply {
  const redirect = fields.success_action_redirect;
  const location = `${origin}/${target.bucket}/${encodeKey(target.key)}`;
  if (redirect !== undefined && URL.canParse(redirect) && /^https?:/i.test(redirect)) {
    const url = new URL(redirect);
    url.searchParams.append("bucket", target.bucket);
    url.searchParams.append("key", target.key);
    url.searchParams.append("etag", quoteEtag(etag));
    return { status: 303, headers: { location: url.href, etag: quoteEtag(etag) } };
  }
  const status = Number(fields.success_action_status);
  const reply: Reply = {
    status: status === 200 || status === 201 ? status : 204,
    headers: { etag: quoteEtag(etag), location },
  };
  if (status === 201) {
    const document = { Location: location, Bucket: target.bucket, Key: target.key, ETag: quoteEtag(etag) };
    reply.body = xmlDocument("PostResponse", document, { namespace: false });
  }
  return reply;
}

/** Streams the form's file into the bucket, stopping at the size that the policy allows. */
async function storeFile(context: S3Context, form: StreamedForm, length: LengthRange): Promise<string> {
  const { bucket, key } = context;
  const { fields } = form;
  const maxBytes = Math.min(length.maxBytes, maxSinglePutBytes);
  const description = describeObject({
    ...fields,
    "content-type": fields["content-type"] ?? form.fileContentType,
    "x-amz-tagging": undefined,
  });
  if (fields.tagging !== undefined) description.tags = tagsFromXml(parseXml(fields.tagging, "Tagging"));
  const expected = givenChecksums(fields);
  const stored = await bucket.files.write(async (sink) => {
    const digest = new DigestStream({
      algorithms: Object.keys(expected) as ChecksumAlgorithm[],
      limit: {
        sizeBytes: maxBytes,
        error: () => new S3Error("EntityTooLarge", undefined, { details: { MaxSizeAllowed: maxBytes } }),
      },
    });
    await pipeline(form.file, digest, sink);
    const result = digest.result();
    if (result.sizeBytes < length.minBytes) {
      throw new S3Error("EntityTooSmall", undefined, {
        details: { ProposedSize: result.sizeBytes, MinSizeAllowed: length.minBytes },
      });
    }
    for (const [algorithm, value] of Object.entries(expected)) {
      if (result.checksums[algorithm as ChecksumAlgorithm] !== value) throw new S3Error("BadDigest");
    }
    return result;
  });
  const record = await commitFile(bucket, singleFileRecord(key, stored, description), () => undefined);
  context.emit("ObjectCreated:Post", record);
  return record.etag;
}

/**
 * POST Object: a browser's form upload under a signed policy. The file is never buffered.
 * Reference: Amazon S3 API Reference, "Browser-Based Uploads Using POST (AWS Signature Version 4)".
 */
export async function postObject(post: PostRequest): Promise<Reply> {
  const { request, requestId, host } = post;
  post.proceed();
  const form = await readForm(bodyChunks(request), post.boundary);
  const authentication = authenticateForm(form.fields, post.findPrincipal);
  if (form.fields.key === undefined) {
    throw new S3Error("InvalidArgument", "Bucket POST must contain a field named 'key'. Put it before the file.");
  }
  const key = form.fields.key.replaceAll(fileNameVariable, () => form.fileName);
  if (key === "") throw new S3Error("InvalidArgument", "User key must have a length greater than 0.");
  assertKeyLength(key);
  const target = { ...post.target, key };
  const values = { ...form.fields, key, bucket: target.bucket };
  const length = checkPostPolicy(form.fields.policy ?? "", values);
  const context = new S3Context({ request, target, requestId, authentication, host, proceed: post.proceed });
  context.assertAllowed("s3:PutObject", target.bucket, key);
  const etag = await storeFile(context, form, length);
  // What follows the file is of no interest, but the client must be able to send it.
  request.resume();
  return success(form.fields, target, etag, `http://${request.headers.host ?? ""}`);
}
