import { MediaError } from "../core/index.ts";
import type { Embedding } from "./embedder.ts";
import { indexFormat } from "./index-port.ts";

/** What a store keeps about a tenant's passages. */
export type IndexStamp = { readonly embedding: string; readonly format: number };

export const stampOf = ({ id }: Embedding): IndexStamp => ({ embedding: id, format: indexFormat });

/** @throws MediaError `search.embedding_changed` where passages that are there are not of this embedding and format */
export function requireSameEmbedding(there: IndexStamp | undefined, { id }: Embedding): void {
  if (!there || (there.embedding === id && there.format === indexFormat)) return;
  const what =
    there.format === indexFormat
      ? `was made with the embedding ${there.embedding}, and this service embeds with ${id}`
      : `has the format ${there.format}, and this version of halfgig reads ${indexFormat}`;
  throw new MediaError(
    "search.embedding_changed",
    `The search index ${what}: their passages cannot be compared. \`halfgig reindex\` makes it anew from the transcripts.`,
  );
}
