import { type JsonReply, type JsonServer, serveJson } from "./json-server.ts";
import { cosineOf, type Filter, type Metadata, meets } from "./vector-filter.ts";

type Vector = { id: string; values: number[]; metadata?: Metadata };

const refusal = (status: number, code: string, message: string): JsonReply => ({
  status,
  body: { status, error: { code, message }, message, code },
});

/**
 * Pinecone with one dense serverless index, in memory: control and data plane at one address, its limits and its errors, as far as halfgig
 * uses them. https://docs.pinecone.io/reference/api/introduction
 */
export function servePinecone({
  apiKey,
  index,
  dimension,
  onUpsert,
}: {
  apiKey: string;
  index: string;
  dimension: number;
  /** Told of what is written: with which key, where, how many. */
  onUpsert?: (apiKey: string, namespace: string, vectors: number) => void;
}): Promise<JsonServer> {
  const namespaces = new Map<string, Map<string, Vector>>();
  const gone = () => refusal(404, "5", "Namespace not found");

  const answer =
    (address: string): Parameters<typeof serveJson>[0] =>
    ({ method, path, query, headers, body }) => {
      if (headers["api-key"] !== apiKey)
        return refusal(401, "UNAUTHENTICATED", `Invalid API key ${headers["api-key"]}`);
      if (!/^\d{4}-\d{2}$/.test(String(headers["x-pinecone-api-version"])))
        return refusal(400, "INVALID_ARGUMENT", "no version");
      if (path.startsWith("/indexes/")) {
        if (path !== `/indexes/${index}`) return refusal(404, "NOT_FOUND", "Resource not found");
        const status = { ready: true, state: "Ready" };
        const spec = { serverless: { cloud: "aws", region: "us-east-1" } };
        return {
          body: {
            name: index,
            dimension,
            metric: "cosine",
            host: address,
            spec,
            status,
            vector_type: "dense",
            deletion_protection: "disabled",
          },
        };
      }
      const name = String(body.namespace ?? query.get("namespace") ?? "");
      const namespace = namespaces.get(name);
      switch (`${method} ${path}`) {
        case "POST /vectors/upsert": {
          const sent = body.vectors as Vector[];
          if (sent.length > 1000) return refusal(400, "INVALID_ARGUMENT", "more than 1000 vectors");
          if (Buffer.byteLength(JSON.stringify(body)) > 2 * 2 ** 20)
            return refusal(400, "INVALID_ARGUMENT", "more than 2 MB");
          for (const { id, values, metadata } of sent) {
            if (!id || Buffer.byteLength(id) > 512) return refusal(400, "INVALID_ARGUMENT", "id");
            if (values.length !== dimension) return refusal(400, "INVALID_ARGUMENT", "dimension");
            if (values.every((value) => value === 0))
              return refusal(400, "INVALID_ARGUMENT", "Dense vectors must contain at least one non-zero value");
            if (Object.values(metadata ?? {}).some((value) => value === null))
              return refusal(400, "INVALID_ARGUMENT", "null in metadata");
          }
          const target = namespace ?? new Map<string, Vector>();
          namespaces.set(name, target);
          onUpsert?.(apiKey, name, sent.length);
          for (const vector of sent) target.set(vector.id, vector);
          return { body: { upsertedCount: sent.length } };
        }
        case "GET /vectors/fetch": {
          const found = query.getAll("ids").flatMap((id) => namespace?.get(id) ?? []);
          return {
            body: {
              namespace: name,
              vectors: Object.fromEntries(found.map((vector) => [vector.id, vector])),
              usage: { readUnits: 1 },
            },
          };
        }
        case "GET /vectors/list": {
          const limit = Number(query.get("limit") ?? 100);
          if (limit < 1 || limit > 100) return refusal(400, "INVALID_ARGUMENT", "limit");
          const after = query.get("paginationToken") ?? "";
          const ids = [...(namespace?.keys() ?? [])]
            .filter((id) => id.startsWith(query.get("prefix") ?? "") && id > after)
            .sort();
          const page = ids.slice(0, limit);
          const pagination = ids.length > limit ? { pagination: { next: page.at(-1) } } : {};
          return { body: { namespace: name, vectors: page.map((id) => ({ id })), ...pagination } };
        }
        case "POST /vectors/delete": {
          if (!namespace) return gone();
          const ids = (body.ids ?? []) as string[];
          if (ids.length > 1000) return refusal(400, "INVALID_ARGUMENT", "more than 1000 ids");
          if (body.deleteAll) namespaces.delete(name);
          for (const id of ids) namespace.delete(id);
          return { body: {} };
        }
        case "POST /query": {
          const vector = body.vector as number[];
          const filter = body.filter as Filter | undefined;
          if (vector.length !== dimension) return refusal(400, "INVALID_ARGUMENT", "dimension");
          const matches = [...(namespace?.values() ?? [])]
            .filter(({ metadata = {} }) => !filter || meets(metadata, filter))
            .map(({ id, values, metadata }) => ({
              id,
              score: cosineOf(values, vector),
              ...(body.includeMetadata ? { metadata } : {}),
            }))
            .sort((a, b) => b.score - a.score)
            .slice(0, Number(body.topK));
          return { body: { namespace: name, matches, usage: { readUnits: 1 } } };
        }
      }
      return refusal(404, "NOT_FOUND", `${method} ${path}`);
    };
  let address = "";
  return serveJson((request) => answer(address)(request)).then((server) => {
    address = server.url;
    return server;
  });
}
