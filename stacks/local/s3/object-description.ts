import { validateHeaderValue } from "node:http";
import { S3Error } from "./errors.ts";
import type { ObjectDescription, Tag } from "./object-record.ts";
import { Query } from "./uri.ts";
import type { XmlElement } from "./xml.ts";

/** Headers that S3 stores with an object and sends back. */
export const storedHeaders = [
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-type",
  "expires",
] as const;

const metadataPrefix = "x-amz-meta-";
const maxMetadataBytes = 2048;
const maxTags = 10;

/** Functions of S3 that change what a write means. Ignoring them would store something else than was asked for. */
const refusedFields =
  /^x-amz-(?:server-side-encryption-customer-|object-lock-|website-redirect-location$|grant-|write-offset-bytes$)/;

/** The fields of a request: its headers or a form's fields, names in lower case. */
export type Fields = Record<string, string | string[] | undefined>;

/** Reads what a write says about its object. Throws MetadataTooLarge, InvalidArgument or NotImplemented. */
export function describeObject(fields: Fields): ObjectDescription {
  const headers: Record<string, string> = {};
  const metadata: Record<string, string> = {};
  for (const [name, given] of Object.entries(fields)) {
    if (given === undefined) continue;
    const value = String(given);
    if (refusedFields.test(name)) throw new S3Error("NotImplemented", `${name} is not offered by this server.`);
    if (name === "x-amz-acl" && !["private", "bucket-owner-full-control"].includes(value)) {
      throw new S3Error("NotImplemented", "Objects of this server are private; grant access with presigned URLs.");
    }
    if (name.startsWith(metadataPrefix)) metadata[name.slice(metadataPrefix.length)] = value;
    if ((storedHeaders as readonly string[]).includes(name)) headers[name] = value;
  }
  const encoding = (headers["content-encoding"] ?? "")
    .split(",")
    .map((token) => token.trim())
    // The framing of the transfer is not a property of the object.
    .filter((token) => token !== "" && token !== "aws-chunked");
  delete headers["content-encoding"];
  if (encoding.length > 0) headers["content-encoding"] = encoding.join(",");
  headers["content-type"] ??= "binary/octet-stream";
  for (const [name, value] of Object.entries(headers)) assertHeaderValue(name, value);

  const metadataBytes = Object.entries(metadata).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
  if (metadataBytes > maxMetadataBytes)
    throw new S3Error("MetadataTooLarge", undefined, { details: { Size: metadataBytes } });
  return { headers, metadata, tags: parseTagHeader(fields["x-amz-tagging"]?.toString() ?? "") };
}

export function assertHeaderValue(name: string, value: string): void {
  try {
    validateHeaderValue(name, value);
  } catch (cause) {
    throw new S3Error("InvalidArgument", `The value of ${name} holds characters that a header cannot carry.`, {
      cause,
    });
  }
}

/** The headers that send a description back. Metadata beyond ASCII is encoded as RFC 2047 asks, which is what S3 does. */
export function descriptionHeaders({ headers, metadata, tags }: ObjectDescription): Record<string, string> {
  const reply: Record<string, string> = { ...headers };
  for (const [name, value] of Object.entries(metadata)) {
    const printable = /^[\x20-\x7e\t]*$/.test(value);
    reply[metadataPrefix + name] = printable ? value : `=?UTF-8?B?${Buffer.from(value).toString("base64")}?=`;
  }
  if (tags.length > 0) reply["x-amz-tagging-count"] = String(tags.length);
  return reply;
}

function assertTags(tags: Tag[]): Tag[] {
  const valid =
    tags.length <= maxTags &&
    new Set(tags.map((tag) => tag.key)).size === tags.length &&
    tags.every(({ key, value }) => key.length >= 1 && key.length <= 128 && value.length <= 256);
  if (!valid) {
    throw new S3Error(
      "InvalidArgument",
      "An object has at most 10 tags: distinct keys of 1 to 128 characters, values to 256.",
    );
  }
  return tags;
}

/** `x-amz-tagging: a=1&b=2` */
function parseTagHeader(text: string): Tag[] {
  return assertTags(new Query(text).pairs.map(([key, value]) => ({ key, value })));
}

/** A Tagging document. */
export function tagsFromXml(tagging: XmlElement): Tag[] {
  const tags = tagging.element("TagSet").elements("Tag");
  return assertTags(tags.map((tag) => ({ key: tag.required("Key"), value: tag.required("Value") })));
}
