import type { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import type { KeyPair } from "./credentials.ts";

/** S3 for the host's own parts, each with its own credentials: state machine, sweep, lifecycle. */
export class PrincipalObjects {
  readonly #client: S3Client;

  constructor(endpoint: string, region: string, credentials: KeyPair) {
    this.#client = new S3Client({
      endpoint,
      region,
      credentials: { accessKeyId: credentials.accessKeyId, secretAccessKey: credentials.secretAccessKey },
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    });
  }

  async get(bucket: string, key: string): Promise<Readable> {
    const reply = await this.#client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return reply.Body as Readable;
  }

  async put(bucket: string, key: string, body: string): Promise<void> {
    await this.#client.send(
      new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: "application/json" }),
    );
  }

  /** Writes a stream of unknown length, in parts of 5 MiB, of which one is held. */
  async putStream(bucket: string, key: string, body: Readable): Promise<void> {
    const params = { Bucket: bucket, Key: key, Body: body, ContentType: "application/octet-stream" };
    await new Upload({ client: this.#client, queueSize: 1, params }).done();
  }

  async *list(bucket: string, prefix: string) {
    for await (const page of paginateListObjectsV2({ client: this.#client }, { Bucket: bucket, Prefix: prefix })) {
      for (const object of page.Contents ?? []) {
        yield {
          Key: object.Key ?? "",
          Size: object.Size ?? 0,
          ETag: object.ETag ?? "",
          LastModified: object.LastModified?.toISOString() ?? "",
        };
      }
    }
  }

  async delete(bucket: string, key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
  }

  /** Uploads in parts that have not become an object. */
  async *unfinished(bucket: string, prefix: string) {
    let markers = {};
    for (let more = true; more; ) {
      const page = await this.#client.send(
        new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, ...markers }),
      );
      for (const { Key = "", UploadId = "", Initiated } of page.Uploads ?? []) {
        yield { key: Key, uploadId: UploadId, startedMs: Initiated?.getTime() ?? 0 };
      }
      more = page.IsTruncated === true;
      markers = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
    }
  }

  async abort(bucket: string, { key, uploadId }: { key: string; uploadId: string }): Promise<void> {
    await this.#client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId }));
  }

  close(): void {
    this.#client.destroy();
  }
}
