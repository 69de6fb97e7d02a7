import { join } from "node:path";
import { getLoadablePath } from "sqlite-vec";
import type { EnvironmentName, Settings } from "../../layers/core/index.ts";

/** Where the functions that search find their index and their model on this machine; empty values where there is none. */
export function searchValues(
  dataDirectory: string,
  { SEARCH_INDEX }: Pick<Settings, "SEARCH_INDEX">,
  embeddingDirectory = "",
): Record<Extract<EnvironmentName, `SEARCH_${string}` | `EMBEDDING_${string}`>, string> {
  const here = SEARCH_INDEX === "sqlite";
  return {
    SEARCH_INDEX_PATH: here ? join(dataDirectory, "search", "passages.db") : "",
    SEARCH_EXTENSION_PATH: here ? getLoadablePath() : "",
    EMBEDDING_MODEL_DIR: embeddingDirectory,
  };
}
