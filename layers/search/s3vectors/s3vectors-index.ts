import {
  DeleteVectorsCommand,
  GetVectorsCommand,
  ListVectorsCommand,
  PutVectorsCommand,
  QueryVectorsCommand,
  S3VectorsClient,
} from "@aws-sdk/client-s3vectors";
import { z } from "zod";
import { type JobId, type JobRef, MediaError, type TenantId } from "../../core/index.ts";
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
import { vectorIndexShape } from "./index-shape.ts";

export type S3VectorsIndexOptions = {
  readonly bucket: string;
  /** That of `vectorIndexShape` unless told otherwise. */
  readonly indexName?: string;
  readonly client?: S3VectorsClient;
};

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-limitations.html */
const mostPut = 500;
const mostDelete = 500;
const mostGet = 100;
const mostListed = 1000;

const stampSchema = z.object({ embedding: z.string(), format: z.number() });
const headSchema = z.object({ passages: z.number().int() });

/**
 * Passages in one index of an Amazon S3 Vectors bucket. A vector's key is made of tenant, job and place, and each job has a head that knows
 * how many there are: so a job's vectors are deleted by their keys, without a list of everybody's. Heads and stamps carry no `tenant` to
 * filter by, hence no query finds them. Reads follow writes at once, as the service promises.
 */
export class S3VectorsIndex implements SearchIndex {
  readonly #client: S3VectorsClient;
  readonly #place: { vectorBucketName: string; indexName: string };

  constructor(options: S3VectorsIndexOptions) {
    const { bucket, indexName = vectorIndexShape.indexName, client = new S3VectorsClient({}) } = options;
    this.#client = client;
    this.#place = { vectorBucketName: bucket, indexName };
  }

  async describe(tenant: TenantId): Promise<IndexDescription> {
    const stamp = await this.#stamp(tenant);
    return {
      store: "s3vectors",
      fullText: false,
      embedding: stamp?.embedding ?? null,
      format: stamp?.format ?? null,
      passages: null,
    };
  }

  async upsert(tenant: TenantId, embedding: Embedding, passages: readonly IndexedPassage[]): Promise<void> {
    const stamp = await this.#stamp(tenant);
    requireSameEmbedding(stamp, embedding);
    if (!stamp) await this.#put([marker(stampKey(tenant), stampOf(embedding))]);
    const jobs = new Map<JobId, number>();
    for (const { jobId, index, count } of passages) jobs.set(jobId, Math.max(jobs.get(jobId) ?? 0, count, index + 1));
    for (const [jobId, count] of jobs) {
      // Before the vectors: what is written must be known to whoever deletes.
      if ((await this.#count({ tenant, jobId })) < count)
        await this.#put([marker(headKey({ tenant, jobId }), { passages: count })]);
    }
    const vectors = passages.map((passage) => ({
      key: passageKey({ tenant, jobId: passage.jobId }, passage.index),
      data: { float32: [...passage.vector] },
      metadata: metadataOf(tenant, passage),
    }));
    for (const batch of inBatches(vectors, mostPut)) await this.#put(batch);
  }

  async deleteJob(ref: JobRef): Promise<void> {
    const count = await this.#count(ref);
    const keys = Array.from({ length: count }, (_, n) => passageKey(ref, n));
    // The head last: a deletion that breaks off can be asked for again.
    await this.#delete([...keys, headKey(ref)]);
  }

  async query({ tenant, vector, embedding, filters, limit }: IndexQuery): Promise<Hit[]> {
    const stamp = await this.#stamp(tenant);
    requireSameEmbedding(stamp, embedding);
    if (!stamp) return [];
    if (!vector) {
      throw new MediaError(
        "request.invalid",
        "This service's index, Amazon S3 Vectors, has no full text. Search by meaning or hybrid.",
      );
    }
    const { vectors = [] } = await this.#send(
      new QueryVectorsCommand({
        ...this.#place,
        topK: Math.min(mostHits, limit),
        queryVector: { float32: [...vector] },
        filter: filterOf(tenant, filters),
        returnMetadata: true,
        returnDistance: true,
      }),
    );
    return vectors.map(({ metadata, distance = 2 }) => ({ ...passageOf(metadata), score: 1 - distance }));
  }

  async clear(tenant: TenantId): Promise<void> {
    let nextToken: string | undefined;
    do {
      // There is no listing by prefix. Making an index anew is rare.
      const page = await this.#send(new ListVectorsCommand({ ...this.#place, maxResults: mostListed, nextToken }));
      const own = (page.vectors ?? []).flatMap(({ key }) => (key?.startsWith(`${tenant}/`) ? [key] : []));
      await this.#delete(own);
      nextToken = page.nextToken;
    } while (nextToken);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.destroy();
  }

  async #stamp(tenant: TenantId): Promise<IndexStamp | undefined> {
    const [found] = await this.#get([stampKey(tenant)]);
    return found && stampSchema.parse(found.metadata);
  }

  async #count(ref: JobRef): Promise<number> {
    const [head] = await this.#get([headKey(ref)]);
    return head ? headSchema.parse(head.metadata).passages : 0;
  }

  async #get(keys: string[]) {
    if (keys.length > mostGet) throw new RangeError(`${keys.length} keys at once`);
    const { vectors = [] } = await this.#send(new GetVectorsCommand({ ...this.#place, keys, returnMetadata: true }));
    return vectors;
  }

  async #put(vectors: ReturnType<typeof marker>[]): Promise<void> {
    await this.#send(new PutVectorsCommand({ ...this.#place, vectors }));
  }

  async #delete(keys: readonly string[]): Promise<void> {
    for (const batch of inBatches(keys, mostDelete))
      await this.#send(new DeleteVectorsCommand({ ...this.#place, keys: batch }));
  }

  /** @throws MediaError `search.unavailable` where bucket or index are not there, or not this function's */
  readonly #send: S3VectorsClient["send"] = (async (command: never) => {
    try {
      return await this.#client.send(command);
    } catch (cause) {
      const { name } = cause as Error;
      const { vectorBucketName, indexName } = this.#place;
      const { dataType, dimension, distanceMetric, nonFilterableMetadataKeys } = vectorIndexShape;
      throw new MediaError(
        "search.unavailable",
        `Amazon S3 Vectors refused the index ${indexName} of the bucket ${vectorBucketName}: ${name}. It has to exist: ` +
          `aws s3vectors create-index --vector-bucket-name ${vectorBucketName} --index-name ${indexName} --data-type ${dataType} --dimension ${dimension} ` +
          `--distance-metric ${distanceMetric} --metadata-configuration nonFilterableMetadataKeys=${nonFilterableMetadataKeys}`,
        { cause },
      );
    }
  }) as S3VectorsClient["send"];
}

const passageKey = ({ tenant, jobId }: JobRef, index: number) => `${tenant}/${jobId}/${index}`;
const headKey = ({ tenant, jobId }: JobRef) => `${tenant}/${jobId}/head`;
const stampKey = (tenant: TenantId) => `${tenant}/stamp`;
const marker = (key: string, metadata: Record<string, string | number>) => ({
  key,
  data: { float32: markerVector(embeddingSize) },
  metadata,
});
