import { isoDate, quoteEtag, type Reply, type S3Context } from "../context.ts";
import { S3Error } from "../errors.ts";
import { listKeys } from "../list.ts";
import type { IndexEntry } from "../object-record.ts";
import { encodeKey } from "../uri.ts";
import { type XmlValue, xmlDocument } from "../xml.ts";

const maxPageLength = 1000;

/** How keys are written into a listing: `encoding-type=url` keeps XML-forbidden characters out. */
export function keyEncoder(context: S3Context): { encode: (key: string) => string; encodingType: string | undefined } {
  const encodingType = context.query.get("encoding-type");
  if (encodingType === undefined || encodingType === "") return { encode: (key) => key, encodingType: undefined };
  if (encodingType !== "url") {
    throw new S3Error("InvalidArgument", "Invalid Encoding Method specified in Request. The only one is url.");
  }
  return { encode: encodeKey, encodingType };
}

function tokenOf(key: string): string {
  return Buffer.from(key).toString("base64url");
}

function keyOfToken(token: string): string {
  const key = Buffer.from(token, "base64url").toString();
  if (token === "" || tokenOf(key) !== token) {
    throw new S3Error("InvalidArgument", "The continuation token provided is incorrect.");
  }
  return key;
}

function contents(entries: IndexEntry[], encode: (key: string) => string): XmlValue[] {
  return entries.map((entry) => ({
    Key: encode(entry.key),
    LastModified: isoDate(entry.modifiedMs),
    ETag: quoteEtag(entry.etag),
    Size: entry.sizeBytes,
    StorageClass: "STANDARD",
  }));
}

/** ListObjectsV2 (`list-type=2`) and ListObjects. */
export async function listObjects(context: S3Context): Promise<Reply> {
  const { bucket, query } = context;
  const version2 = query.get("list-type") === "2";
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const maxKeys = Math.min(query.integer("max-keys", { min: 0, max: 2 ** 31 - 1 }) ?? maxPageLength, maxPageLength);
  const { encode, encodingType } = keyEncoder(context);
  const token = query.get("continuation-token");
  const startAfter = query.get("start-after");
  const marker = query.get("marker") ?? "";
  const after = version2 ? (token === undefined ? (startAfter ?? "") : keyOfToken(token)) : marker;

  const page = listKeys(bucket.index, { prefix, delimiter, after, maxKeys });
  const listing: XmlValue = {
    Name: bucket.name,
    Prefix: encode(prefix),
    Delimiter: delimiter === "" ? undefined : encode(delimiter),
    MaxKeys: maxKeys,
    EncodingType: encodingType,
    IsTruncated: page.next !== undefined,
    ...(version2
      ? {
          KeyCount: page.entries.length + page.commonPrefixes.length,
          ContinuationToken: token,
          StartAfter: startAfter === undefined ? undefined : encode(startAfter),
          NextContinuationToken: page.next === undefined ? undefined : tokenOf(page.next),
        }
      : { Marker: encode(marker), NextMarker: page.next === undefined ? undefined : encode(page.next) }),
    Contents: contents(page.entries, encode),
    CommonPrefixes: page.commonPrefixes.map((commonPrefix) => ({ Prefix: encode(commonPrefix) })),
  };
  return { status: 200, body: xmlDocument("ListBucketResult", listing) };
}
