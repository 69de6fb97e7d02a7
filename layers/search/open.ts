import { environmentValue, MediaError, readSettings, type Settings } from "../core/index.ts";
import type { Embedder } from "./embedder.ts";
import type { SearchIndex } from "./index-port.ts";
import { lexicalEmbedder } from "./lexical.ts";

export type StoreName = Exclude<Settings["SEARCH_INDEX"], "none">;

/**
 * The index that this process' environment names, opened anew; undefined where the service has none.
 * @throws MediaError `search.unavailable`, `config.invalid`
 */
export async function openSearchIndex(): Promise<SearchIndex | undefined> {
  const settings = readSettings(process.env);
  const {
    SEARCH_INDEX: store,
    S3VECTORS_BUCKET: bucket,
    PINECONE_API_KEY: apiKey,
    PINECONE_INDEX: indexName,
  } = settings;
  if (store === "sqlite") {
    const path = process.env.SEARCH_INDEX_PATH;
    if (!path) return undefined;
    const { SqliteIndex } = await import("./sqlite/index.ts");
    return new SqliteIndex({ path, extensionPath: environmentValue("SEARCH_EXTENSION_PATH") });
  }
  // Loaded only where they are used: no other store should pay for them.
  if (store === "s3vectors") {
    if (!bucket) throw unset("S3VECTORS_BUCKET", store);
    return new (await import("./s3vectors/index.ts")).S3VectorsIndex({ bucket });
  }
  if (store === "pinecone") {
    if (!apiKey) throw unset("PINECONE_API_KEY", store);
    return new (await import("./pinecone/index.ts")).PineconeIndex({ apiKey, indexName });
  }
  return undefined;
}

const unset = (name: string, store: StoreName) =>
  new MediaError(
    "config.invalid",
    `SEARCH_INDEX is ${store}, and ${name} is not set. Set it, or choose another index.`,
  );

let opened: Promise<SearchIndex | undefined> | undefined;

/** The same index for all requests of this process. */
export function processSearchIndex(): Promise<SearchIndex | undefined> {
  opened ??= openSearchIndex().catch((error) => {
    opened = undefined;
    throw error;
  });
  return opened;
}

/** @throws MediaError `search.unavailable` where the service has no index */
export async function requireSearchIndex(): Promise<SearchIndex> {
  const index = await processSearchIndex();
  if (index) return index;
  throw new MediaError(
    "search.unavailable",
    "This service keeps no search index. Set SEARCH_INDEX to sqlite (on one machine), s3vectors or pinecone, and start it again.",
  );
}

/** What this process embeds with: the model whose folder the environment names, else by spelling. @throws MediaError `model.missing`, `model.invalid` */
export async function processEmbedder(): Promise<Embedder> {
  const directory = process.env.EMBEDDING_MODEL_DIR;
  if (!directory) return lexicalEmbedder;
  const { modelEmbedder } = await import("./model-embedder.ts");
  return modelEmbedder(directory, readSettings(process.env).EMBEDDING_BATCH_SIZE);
}
