import { type Index, Pinecone } from "@pinecone-database/pinecone";
import { z } from "zod";
import { type JobRef, MediaError, type TenantId } from "../../core/index.ts";
import { type Embedding, embeddingSize } from "../embedder.ts";
import { type IndexStamp, requireSameEmbedding, stampOf } from "../embedding-check.ts";
import {
  type Hit,
  type IndexDescription,
  type IndexedPassage,
  type IndexQuery,
  mostHits,
  type SearchIndex,
} from "../index-port.ts";
import { filterOf, inBatches, markerVector, metadataOf, passageOf } from "../vector-metadata.ts";

export type PineconeIndexOptions = {
  readonly apiKey: string;
  /** A dense index: cosine, 384 dimensions. */
  readonly indexName: string;
  /** Another address of the control plane than Pinecone's. */
  readonly controllerUrl?: string | undefined;
};

/** 2 MB a request: 100 vectors with their texts. https://docs.pinecone.io/reference/api/database-limits */
const mostPut = 100;
const mostDelete = 1000;
/** Of a namespace's ids in one page. */
const mostListed = 100;

/** No tenant's id has this character, hence no tenant's passages are in this namespace. */
const stampNamespace = "_stamps";

const stampSchema = z.object({ embedding: z.string(), format: z.number() });

/**
 * Passages in a Pinecone index, each tenant in a namespace of its own. A job's passages are found by the beginning of their ids. Pinecone is
 * eventually consistent: what was written or deleted shows after some seconds.
 */
export class PineconeIndex implements SearchIndex {
  readonly #index: Index;
  readonly #name: string;

  constructor({ apiKey, indexName, controllerUrl }: PineconeIndexOptions) {
    const client = new Pinecone({ apiKey, ...(controllerUrl ? { controllerHostUrl: controllerUrl } : {}) });
    this.#index = client.index({ name: indexName });
    this.#name = indexName;
  }

  async describe(tenant: TenantId): Promise<IndexDescription> {
    const stamp = await this.#stamp(tenant);
    return {
      store: "pinecone",
      fullText: false,
      embedding: stamp?.embedding ?? null,
      format: stamp?.format ?? null,
      passages: null,
    };
  }

  async upsert(tenant: TenantId, embedding: Embedding, passages: readonly IndexedPassage[]): Promise<void> {
    const stamp = await this.#stamp(tenant);
    requireSameEmbedding(stamp, embedding);
    if (!stamp) {
      const values = markerVector(embeddingSize);
      const records = [{ id: tenant, values, metadata: { ...stampOf(embedding) } }];
      await this.#do(() => this.#index.upsert({ records, namespace: stampNamespace }));
    }
    for (const batch of inBatches(passages, mostPut)) {
      const records = batch.map((passage) => ({
        id: `${passage.jobId}/${passage.index}`,
        values: [...passage.vector],
        metadata: metadataOf(tenant, passage),
      }));
      await this.#do(() => this.#index.upsert({ records, namespace: tenant }));
    }
  }

  async deleteJob({ tenant, jobId }: JobRef): Promise<void> {
    let ids: string[] = [];
    let paginationToken: string | undefined;
    do {
      const page = await this.#do(() =>
        this.#index.listPaginated({
          prefix: `${jobId}/`,
          limit: mostListed,
          namespace: tenant,
          ...(paginationToken ? { paginationToken } : {}),
        }),
      );
      ids = ids.concat((page?.vectors ?? []).flatMap(({ id }) => id ?? []));
      paginationToken = page?.pagination?.next;
    } while (paginationToken);
    for (const batch of inBatches(ids, mostDelete)) {
      await this.#do(() => this.#index.deleteMany({ ids: batch, namespace: tenant }));
    }
  }

  async query({ tenant, vector, embedding, filters, limit }: IndexQuery): Promise<Hit[]> {
    const stamp = await this.#stamp(tenant);
    requireSameEmbedding(stamp, embedding);
    if (!stamp) return [];
    if (!vector)
      throw new MediaError(
        "request.invalid",
        "This service's index, Pinecone, has no full text. Search by meaning or hybrid.",
      );
    const reply = await this.#do(() =>
      this.#index.query({
        vector: [...vector],
        topK: Math.min(mostHits, limit),
        filter: filterOf(tenant, filters),
        includeMetadata: true,
        namespace: tenant,
      }),
    );
    return (reply?.matches ?? []).map(({ metadata, score = -1 }) => ({ ...passageOf(metadata), score }));
  }

  async clear(tenant: TenantId): Promise<void> {
    await this.#do(() => this.#index.deleteAll({ namespace: tenant }));
    await this.#do(() => this.#index.deleteMany({ ids: [tenant], namespace: stampNamespace }));
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #stamp(tenant: TenantId): Promise<IndexStamp | undefined> {
    const found = await this.#do(() => this.#index.fetch({ ids: [tenant], namespace: stampNamespace }));
    const metadata = found?.records[tenant]?.metadata;
    return metadata && stampSchema.parse(metadata);
  }

  /**
   * @returns undefined where the namespace is not there: nobody has written to it yet
   * @throws MediaError `search.unavailable`, without the service's own words, which may quote the key
   */
  async #do<Reply>(call: () => Promise<Reply>): Promise<Reply | undefined> {
    try {
      return await call();
    } catch (cause) {
      const { name, message } = cause as Error;
      if (name === "PineconeNotFoundError" && /namespace/i.test(message)) return undefined;
      throw new MediaError(
        "search.unavailable",
        `Pinecone did not take a request for the index ${this.#name}: ${name}. Check PINECONE_API_KEY, and that PINECONE_INDEX is a dense index with ${embeddingSize} dimensions and the metric cosine.`,
      );
    }
  }
}
