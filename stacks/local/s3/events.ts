import type { S3EventRecord } from "aws-lambda";
import { encodeKey } from "./uri.ts";

export type ObjectEventName =
  | "ObjectCreated:Put"
  | "ObjectCreated:Post"
  | "ObjectCreated:Copy"
  | "ObjectCreated:CompleteMultipartUpload"
  | "ObjectRemoved:Delete";

/** Something that happened to an object, with the record that S3 would deliver (event structure 2.1). */
export type ObjectEvent = { eventName: ObjectEventName; bucket: string; record: S3EventRecord };

export type EventSubject = {
  bucket: string;
  key: string;
  /** Absent for removals. */
  sizeBytes?: number;
  etag?: string;
  requestId: string;
  principalId: string;
  sourceIpAddress: string;
};

let lastSequence = 0n;

/** Hexadecimal and growing, also across restarts: of two events of one key, the later one compares greater. */
function nextSequencer(): string {
  const now = BigInt(Date.now()) * 1_000_000n;
  lastSequence = now > lastSequence ? now : lastSequence + 1n;
  return lastSequence.toString(16).toUpperCase().padStart(18, "0");
}

/** Builds the event. The record's key is URL-encoded with `+` for a space, as S3 delivers it. */
export function objectEvent(eventName: ObjectEventName, region: string, subject: EventSubject): ObjectEvent {
  const object = {
    key: encodeKey(subject.key).replaceAll("%20", "+"),
    ...(subject.sizeBytes === undefined ? {} : { size: subject.sizeBytes }),
    ...(subject.etag === undefined ? {} : { eTag: subject.etag }),
    sequencer: nextSequencer(),
  };
  const record = {
    eventVersion: "2.1",
    eventSource: "aws:s3",
    awsRegion: region,
    eventTime: new Date().toISOString(),
    eventName,
    userIdentity: { principalId: subject.principalId },
    requestParameters: { sourceIPAddress: subject.sourceIpAddress },
    responseElements: { "x-amz-request-id": subject.requestId, "x-amz-id-2": subject.requestId },
    s3: {
      s3SchemaVersion: "1.0",
      configurationId: "halfgig",
      bucket: {
        name: subject.bucket,
        ownerIdentity: { principalId: subject.principalId },
        arn: `arn:aws:s3:::${subject.bucket}`,
      },
      // S3 leaves size and eTag out of removals although the published type has them.
      object: object as S3EventRecord["s3"]["object"],
    },
  };
  return { eventName, bucket: subject.bucket, record };
}
