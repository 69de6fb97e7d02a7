import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { receiveText } from "./body.ts";
import type { Bucket } from "./bucket.ts";
import { S3Error } from "./errors.ts";
import { type ObjectEvent, type ObjectEventName, objectEvent } from "./events.ts";
import type { Authentication, S3Principal } from "./sigv4.ts";
import type { Store } from "./store.ts";
import type { Query, Target } from "./uri.ts";
import { parseXml, type XmlElement } from "./xml.ts";

/** What a principal may be allowed to do, by the names of IAM. */
export type S3Action =
  | "s3:AbortMultipartUpload"
  | "s3:CreateBucket"
  | "s3:DeleteBucket"
  | "s3:DeleteObject"
  | "s3:DeleteObjectTagging"
  | "s3:GetBucketCORS"
  | "s3:GetBucketLocation"
  | "s3:GetObject"
  | "s3:GetObjectTagging"
  | "s3:ListAllMyBuckets"
  | "s3:ListBucket"
  | "s3:ListBucketMultipartUploads"
  | "s3:ListMultipartUploadParts"
  | "s3:PutBucketCORS"
  | "s3:PutObject"
  | "s3:PutObjectTagging";

/** What operations need of the server. */
export type S3Host = {
  store: Store;
  region: string;
  /** `key` is the object's key, or the prefix of a listing. */
  authorize(principal: S3Principal, action: S3Action, bucket: string, key: string): boolean;
  onEvent?: ((event: ObjectEvent) => void) | undefined;
};

/** An answer. A string body is XML; a stream body is piped. `dispose` runs when the answer is sent or the client is gone. */
export type Reply = {
  status: number;
  headers?: Record<string, string | number | undefined>;
  body?: string | Readable;
  dispose?: () => void;
};

export type Operation = (context: S3Context) => Promise<Reply>;

/** Request documents hold at most 10,000 parts or 1,000 keys. */
const maxDocumentBytes = 4 * 1024 * 1024;

/** One authenticated request on its way through an operation. */
export class S3Context {
  readonly request: IncomingMessage;
  readonly target: Target;
  readonly requestId: string;
  readonly authentication: Authentication;
  readonly host: S3Host;
  /** Sends `100 Continue` to a client that waits for it before it sends the body. */
  readonly proceed: () => void;

  constructor(fields: {
    request: IncomingMessage;
    target: Target;
    requestId: string;
    authentication: Authentication;
    host: S3Host;
    proceed: () => void;
  }) {
    this.request = fields.request;
    this.target = fields.target;
    this.requestId = fields.requestId;
    this.authentication = fields.authentication;
    this.host = fields.host;
    this.proceed = fields.proceed;
  }

  get key(): string {
    return this.target.key;
  }

  get query(): Query {
    return this.target.query;
  }

  get store(): Store {
    return this.host.store;
  }

  /** Throws NoSuchBucket. */
  get bucket(): Bucket {
    return this.store.bucket(this.target.bucket);
  }

  header(name: string): string | undefined {
    return this.request.headers[name]?.toString();
  }

  allows(action: S3Action, bucket: string, key: string): boolean {
    return this.host.authorize(this.authentication.principal, action, bucket, key);
  }

  /** Throws AccessDenied unless the principal may do this. */
  assertAllowed(action: S3Action, bucket: string, key: string): void {
    if (this.allows(action, bucket, key)) return;
    const { name } = this.authentication.principal;
    throw new S3Error("AccessDenied", `${name} is not authorized to perform: ${action} on "${bucket}/${key}"`);
  }

  /**
   * The error for a key that does not exist. As on AWS, only who may list the bucket learns that it does not; others are told AccessDenied.
   */
  missing(bucket: string, key: string): S3Error {
    if (!this.allows("s3:ListBucket", bucket, key)) return new S3Error("AccessDenied");
    return new S3Error("NoSuchKey", undefined, { details: { Key: key } });
  }

  async document(root: string): Promise<XmlElement> {
    const text = await receiveText(this.request, this.authentication, {
      proceed: this.proceed,
      maxBytes: maxDocumentBytes,
    });
    return parseXml(text, root);
  }

  /** Reports what was committed. An observer that throws must not undo a write that is already durable. */
  emit(eventName: ObjectEventName, object: { key: string; sizeBytes?: number; etag?: string }): void {
    if (this.host.onEvent === undefined) return;
    const event = objectEvent(eventName, this.host.region, {
      ...object,
      bucket: this.target.bucket,
      requestId: this.requestId,
      principalId: this.authentication.principal.name,
      sourceIpAddress: this.request.socket.remoteAddress ?? "127.0.0.1",
    });
    this.host.onEvent(event);
  }
}

export function quoteEtag(etag: string): string {
  return `"${etag}"`;
}

export function isoDate(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
