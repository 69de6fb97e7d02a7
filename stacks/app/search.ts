import type { EnvironmentName, SettingName, Settings } from "../../layers/core/index.ts";
import type { FunctionSpec, Grant } from "./functions.ts";

type SearchParts = {
  /** What a function needs to look for passages, and to embed. */
  searches: Pick<FunctionSpec, "layers" | "environment" | "settings" | "constants" | "grants">;
  /** What writing and removing them takes. */
  keepsPassages: { environment: EnvironmentName[]; settings: SettingName[]; grants: Grant[] };
};

/** A store's address and key go to the functions that use it, and only while it is in use. */
export function searchParts({ SEARCH_INDEX }: Pick<Settings, "SEARCH_INDEX">): SearchParts {
  const settings: SettingName[] = ["SEARCH_INDEX"];
  if (SEARCH_INDEX === "s3vectors") settings.push("S3VECTORS_BUCKET");
  if (SEARCH_INDEX === "pinecone") settings.push("PINECONE_API_KEY", "PINECONE_INDEX");
  const store: EnvironmentName[] = ["SEARCH_INDEX_PATH", "SEARCH_EXTENSION_PATH"];
  return {
    searches: {
      layers: ["onnxruntime", "models"],
      environment: ["RESULTS_BUCKET", ...store, "EMBEDDING_MODEL_DIR"],
      settings: [...settings, "EMBEDDING_BATCH_SIZE"],
      constants: {
        MALLOC_MMAP_THRESHOLD_: "65536",
        MALLOC_TRIM_THRESHOLD_: "65536",
        MALLOC_ARENA_MAX: "1",
        NODE_OPTIONS: "--max-semi-space-size=1",
      },
      grants: [],
    },
    keepsPassages: { environment: store, settings, grants: [] },
  };
}
