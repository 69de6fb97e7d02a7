import { type JsonReply, type JsonRequest, type JsonServer, serveJson } from "./json-server.ts";
import { cosineOf, type Filter, type Metadata, meets } from "./vector-filter.ts";

type Vector = { key: string; data: { float32: number[] }; metadata?: Metadata };

const refusal = (status: number, name: string, message: string): JsonReply => ({
  status,
  headers: { "x-amzn-errortype": name },
  body: { message },
});
const invalid = (message: string) => refusal(400, "ValidationException", message);

/**
 * Amazon S3 Vectors with one bucket and one index, in memory: its operations, its limits and its errors, as far as halfgig uses them.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_S3_Vectors.html
 */
export function serveS3Vectors({
  bucket,
  index,
  dimension,
}: {
  bucket: string;
  index: string;
  dimension: number;
}): Promise<JsonServer> {
  const vectors = new Map<string, Vector>();
  const notFilterable = ["text"];

  function put({ vectors: sent }: { vectors: Vector[] }): JsonReply {
    if (sent.length < 1 || sent.length > 500) return invalid("1 to 500 vectors");
    for (const { key, data, metadata = {} } of sent) {
      if (key.length < 1 || Buffer.byteLength(key) > 1024) return invalid("a key has 1 to 1024 bytes");
      if (data.float32.length !== dimension) return invalid(`${data.float32.length} dimensions`);
      if (data.float32.every((value) => value === 0)) return invalid("a vector of zeros has no cosine");
      const filterable = Object.fromEntries(Object.entries(metadata).filter(([name]) => !notFilterable.includes(name)));
      if (Buffer.byteLength(JSON.stringify(filterable)) > 2048) return invalid("filterable metadata over 2 KB");
      if (Buffer.byteLength(JSON.stringify(metadata)) > 40_960) return invalid("metadata over 40 KB");
    }
    for (const vector of sent) vectors.set(vector.key, vector);
    return { body: {} };
  }

  function get({ keys, returnMetadata }: { keys: string[]; returnMetadata?: boolean }): JsonReply {
    if (keys.length < 1 || keys.length > 100) return invalid("1 to 100 keys");
    const found = keys.flatMap((key) => vectors.get(key) ?? []);
    return { body: { vectors: found.map(({ key, metadata }) => ({ key, ...(returnMetadata ? { metadata } : {}) })) } };
  }

  function remove({ keys }: { keys: string[] }): JsonReply {
    if (keys.length < 1 || keys.length > 500) return invalid("1 to 500 keys");
    for (const key of keys) vectors.delete(key);
    return { body: {} };
  }

  function query({
    topK,
    queryVector,
    filter,
    returnMetadata,
    returnDistance,
  }: {
    topK: number;
    queryVector: Vector["data"];
    filter?: Filter;
    returnMetadata?: boolean;
    returnDistance?: boolean;
  }): JsonReply {
    if (topK < 1 || topK > 100) return invalid("topK is 1 to 100");
    if (queryVector.float32.length !== dimension) return invalid("dimension");
    if (JSON.stringify(filter ?? {}).includes('"text"')) return invalid("text is not filterable");
    const found = [...vectors.values()]
      .filter(({ metadata = {} }) => !filter || meets(metadata, filter))
      .map(({ key, data, metadata }) => ({ key, metadata, distance: 1 - cosineOf(data.float32, queryVector.float32) }))
      .sort((a, b) => a.distance - b.distance)
      .slice(0, topK);
    return {
      body: {
        distanceMetric: "cosine",
        vectors: found.map(({ key, metadata, distance }) => ({
          key,
          ...(returnMetadata ? { metadata } : {}),
          ...(returnDistance ? { distance } : {}),
        })),
      },
    };
  }

  function list({ maxResults = 500, nextToken = "" }: { maxResults?: number; nextToken?: string }): JsonReply {
    if (maxResults > 1000) return invalid("maxResults is 1 to 1000");
    // Smaller pages than asked for, as the service may give them.
    const keys = [...vectors.keys()]
      .sort()
      .filter((key) => key > nextToken)
      .slice(0, Math.min(maxResults, 64));
    const more = keys.length > 0 && [...vectors.keys()].some((key) => key > keys.at(-1)!);
    return { body: { vectors: keys.map((key) => ({ key })), ...(more ? { nextToken: keys.at(-1) } : {}) } };
  }

  const operations: Record<string, (body: never) => JsonReply> = {
    "/PutVectors": put,
    "/GetVectors": get,
    "/DeleteVectors": remove,
    "/QueryVectors": query,
    "/ListVectors": list,
  };
  return serveJson(({ method, path, headers, body }: JsonRequest) => {
    const credential = /Credential=[^/]+\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request/.exec(headers.authorization ?? "");
    if (credential?.[2] !== "s3vectors") return refusal(403, "AccessDeniedException", "not signed for s3vectors");
    const operation = operations[path];
    if (method !== "POST" || !operation) return refusal(404, "NotFoundException", "no such operation");
    if (body.vectorBucketName !== bucket || body.indexName !== index)
      return refusal(404, "NotFoundException", "no such index");
    return operation(body as never);
  });
}
