import { isoDate, quoteEtag, type Reply, type S3Context } from "../context.ts";
import { compareUtf8 } from "../sorted-entries.ts";
import type { Upload } from "../uploads.ts";
import { xmlDocument } from "../xml.ts";
import { checksumElements } from "./copy-object.ts";
import { keyEncoder } from "./list-objects.ts";
import { findUpload, maxPartNumber } from "./multipart.ts";

const maxPageLength = 1000;

/** ListParts. */
export async function listParts(context: S3Context): Promise<Reply> {
  const upload = findUpload(context);
  const marker = context.query.integer("part-number-marker", { min: 0, max: maxPartNumber }) ?? 0;
  const maxParts = Math.min(
    context.query.integer("max-parts", { min: 0, max: 2 ** 31 - 1 }) ?? maxPageLength,
    maxPageLength,
  );
  const parts = [...upload.parts.values()]
    .filter((part) => part.partNumber > marker)
    .sort((a, b) => a.partNumber - b.partNumber);
  const page = parts.slice(0, maxParts);
  const { name } = context.authentication.principal;
  return {
    status: 200,
    body: xmlDocument("ListPartsResult", {
      Bucket: context.target.bucket,
      Key: upload.key,
      UploadId: upload.uploadId,
      Initiator: { ID: name, DisplayName: name },
      Owner: { ID: "halfgig", DisplayName: "halfgig" },
      StorageClass: "STANDARD",
      PartNumberMarker: marker,
      NextPartNumberMarker: page.at(-1)?.partNumber ?? marker,
      MaxParts: maxParts,
      IsTruncated: page.length < parts.length,
      ChecksumAlgorithm: upload.checksumAlgorithm?.toUpperCase(),
      ChecksumType: upload.checksumAlgorithm && upload.checksumType,
      Part: page.map((part) => ({
        PartNumber: part.partNumber,
        LastModified: isoDate(part.modifiedMs),
        ETag: quoteEtag(part.etag),
        Size: part.sizeBytes,
        ...checksumElements(part.checksums),
      })),
    }),
  };
}

/** By key, and uploads of one key by the time they began. */
function inListingOrder(a: Upload, b: Upload): number {
  return compareUtf8(a.key, b.key) || a.initiatedMs - b.initiatedMs || compareUtf8(a.uploadId, b.uploadId);
}

/** ListMultipartUploads. */
export async function listMultipartUploads(context: S3Context): Promise<Reply> {
  const { bucket, query } = context;
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const keyMarker = query.get("key-marker") ?? "";
  const uploadIdMarker = query.get("upload-id-marker") ?? "";
  const maxUploads = Math.min(
    query.integer("max-uploads", { min: 1, max: 2 ** 31 - 1 }) ?? maxPageLength,
    maxPageLength,
  );
  const { encode, encodingType } = keyEncoder(context);

  const matching = bucket.uploads
    .list()
    .filter((upload) => upload.key.startsWith(prefix))
    .sort(inListingOrder);
  // With both markers the page goes on within the marked key; with the key alone it begins behind it.
  const marked = matching.findIndex((upload) => upload.key === keyMarker && upload.uploadId === uploadIdMarker);
  const remaining =
    marked >= 0
      ? matching.slice(marked + 1)
      : matching.filter((upload) => keyMarker === "" || compareUtf8(upload.key, keyMarker) > 0);

  const uploads: Upload[] = [];
  const commonPrefixes = new Set<string>();
  let last: { key: string; uploadId: string } | undefined;
  let truncated = false;
  for (const upload of remaining) {
    const at = delimiter === "" ? -1 : upload.key.indexOf(delimiter, prefix.length);
    const commonPrefix = at < 0 ? undefined : upload.key.slice(0, at + delimiter.length);
    const isNew = commonPrefix === undefined || !commonPrefixes.has(commonPrefix);
    if (isNew && uploads.length + commonPrefixes.size === maxUploads) {
      truncated = true;
      break;
    }
    if (commonPrefix === undefined) uploads.push(upload);
    else commonPrefixes.add(commonPrefix);
    last = upload;
  }
  return {
    status: 200,
    body: xmlDocument("ListMultipartUploadsResult", {
      Bucket: bucket.name,
      KeyMarker: encode(keyMarker),
      UploadIdMarker: uploadIdMarker,
      NextKeyMarker: truncated && last !== undefined ? encode(last.key) : undefined,
      NextUploadIdMarker: truncated ? last?.uploadId : undefined,
      Prefix: encode(prefix),
      Delimiter: delimiter === "" ? undefined : encode(delimiter),
      EncodingType: encodingType,
      MaxUploads: maxUploads,
      IsTruncated: truncated,
      Upload: uploads.map((upload) => ({
        Key: encode(upload.key),
        UploadId: upload.uploadId,
        StorageClass: "STANDARD",
        Initiated: isoDate(upload.initiatedMs),
      })),
      CommonPrefixes: [...commonPrefixes].map((commonPrefix) => ({ Prefix: encode(commonPrefix) })),
    }),
  };
}
