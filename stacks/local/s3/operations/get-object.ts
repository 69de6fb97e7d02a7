import { checkRead } from "../conditions.ts";
import { quoteEtag, type Reply, type S3Context } from "../context.ts";
import { S3Error } from "../errors.ts";
import { assertHeaderValue, descriptionHeaders, storedHeaders } from "../object-description.ts";
import type { ObjectRecord } from "../object-record.ts";
import { type ByteRange, parseRange } from "../ranges.ts";

type Selection = { range: ByteRange | undefined; headers: Record<string, string> };

/** `partNumber=n` reads one part of a multipart object; otherwise the Range header counts. */
function select(context: S3Context, record: ObjectRecord): Selection {
  const partNumber = context.query.integer("partNumber", { min: 1, max: 10_000 });
  const rangeHeader = context.header("range");
  if (partNumber === undefined) return { range: parseRange(rangeHeader, record.sizeBytes), headers: {} };
  if (rangeHeader !== undefined)
    throw new S3Error("InvalidRequest", "Cannot specify both Range header and partNumber.");
  const segment = record.segments[partNumber - 1];
  if (segment === undefined) {
    throw new S3Error("InvalidRange", "The requested partnumber is not satisfiable", {
      details: { ActualPartCount: record.segments.length },
    });
  }
  const start = record.segments.slice(0, partNumber - 1).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return {
    range: segment.sizeBytes === 0 ? undefined : { start, end: start + segment.sizeBytes - 1 },
    headers: { "x-amz-mp-parts-count": String(record.segments.length) },
  };
}

function responseOverrides(context: S3Context): Record<string, string> {
  const overrides: Record<string, string> = {};
  for (const name of storedHeaders) {
    const value = context.query.get(`response-${name}`);
    if (value === undefined) continue;
    assertHeaderValue(`response-${name}`, value);
    overrides[name] = value;
  }
  return overrides;
}

function checksumHeaders(context: S3Context, record: ObjectRecord): Record<string, string> {
  if (context.header("x-amz-checksum-mode")?.toUpperCase() !== "ENABLED") return {};
  const entries = Object.entries(record.checksums);
  if (entries.length === 0) return {};
  const headers = Object.fromEntries(entries.map(([algorithm, value]) => [`x-amz-checksum-${algorithm}`, value]));
  return { ...headers, "x-amz-checksum-type": record.checksumType };
}

/** GetObject and HeadObject. */
export async function getObject(context: S3Context): Promise<Reply> {
  const { bucket, key } = context;
  const versionId = context.query.get("versionId");
  if (versionId !== undefined && versionId !== "null") throw new S3Error("NoSuchVersion");
  const overrides = responseOverrides(context);
  const object = await bucket.open(key);
  if (object === undefined) throw context.missing(bucket.name, key);
  const dispose = () => object[Symbol.dispose]();
  try {
    const { record } = object;
    checkRead(context.request.headers, record);
    const { range, headers } = select(context, record);
    const start = range?.start ?? 0;
    const end = range?.end ?? record.sizeBytes - 1;
    const reply: Reply = {
      status: range === undefined ? 200 : 206,
      headers: {
        "accept-ranges": "bytes",
        "content-length": end - start + 1,
        etag: quoteEtag(record.etag),
        "last-modified": new Date(record.modifiedMs).toUTCString(),
        "content-range": range && `bytes ${start}-${end}/${record.sizeBytes}`,
        ...descriptionHeaders(record),
        ...overrides,
        ...headers,
        // A checksum of the whole would not match a part of the bytes.
        ...(range === undefined ? checksumHeaders(context, record) : {}),
      },
      dispose,
    };
    if (context.request.method === "GET" && start <= end) reply.body = bucket.files.read(record.segments, start, end);
    return reply;
  } catch (error) {
    dispose();
    throw error;
  }
}
