import type { EnvironmentName, SettingName, Settings } from "../../layers/core/index.ts";
import { runsModels, small } from "./function-parts.ts";
import type { FunctionSpec, Grant } from "./function-spec.ts";

type SearchParts = {
  /** What a function needs to look for passages, and to embed. */
  searches: Pick<FunctionSpec, "layers" | "environment" | "settings" | "constants" | "grants">;
  /** What writing and removing them takes. */
  keepsPassages: { environment: EnvironmentName[]; settings: SettingName[]; grants: Grant[] };
  /** What forgetting all of a tenant takes besides. */
  clears: { grants: Grant[] };
  /** What writing answers takes besides. */
  answers: { settings: SettingName[]; grants: Grant[] };
};

type SearchSettings = Pick<Settings, "SEARCH_INDEX" | "ANSWER_PROVIDER" | "EMBEDDING_MODEL" | "SKIP_AI_MODELS">;

/** Whether search compares passages by a model; otherwise it does by spelling, or there is none. */
export const embedsByModel = (settings: Omit<SearchSettings, "ANSWER_PROVIDER">): boolean =>
  settings.SEARCH_INDEX !== "none" && settings.EMBEDDING_MODEL !== "lexical" && !settings.SKIP_AI_MODELS;

/** A service's address and key go to the functions that call it, and only while it is in use. */
export function searchParts(appSettings: SearchSettings): SearchParts {
  const { SEARCH_INDEX, ANSWER_PROVIDER } = appSettings;
  const settings: SettingName[] = ["SEARCH_INDEX"];
  if (SEARCH_INDEX === "s3vectors") settings.push("S3VECTORS_BUCKET");
  if (SEARCH_INDEX === "pinecone") settings.push("PINECONE_API_KEY", "PINECONE_INDEX");
  const store: EnvironmentName[] = ["SEARCH_INDEX_PATH", "SEARCH_EXTENSION_PATH"];
  const onVectors = (...actions: Extract<Grant, { service: "s3vectors" }>["actions"]): Grant[] =>
    SEARCH_INDEX === "s3vectors" ? [{ service: "s3vectors", actions }] : [];
  const answerSettings: SettingName[] = ["ANSWER_PROVIDER"];
  if (ANSWER_PROVIDER !== "none") answerSettings.push("ANSWER_MODEL");
  if (ANSWER_PROVIDER === "openai") answerSettings.push("OPENAI_BASE_URL", "OPENAI_API_KEY");
  return {
    searches: {
      layers: embedsByModel(appSettings) ? ["onnxruntime", "embedding"] : [],
      environment: ["RESULTS_BUCKET", ...store, "EMBEDDING_MODEL_DIR"],
      settings: [...settings, "EMBEDDING_BATCH_SIZE"],
      constants: runsModels(small.memoryMB),
      grants: onVectors("s3vectors:QueryVectors", "s3vectors:GetVectors"),
    },
    keepsPassages: {
      environment: store,
      settings,
      grants: onVectors("s3vectors:GetVectors", "s3vectors:PutVectors", "s3vectors:DeleteVectors"),
    },
    clears: { grants: onVectors("s3vectors:ListVectors") },
    answers: {
      settings: answerSettings,
      grants:
        ANSWER_PROVIDER === "bedrock"
          ? [{ service: "bedrock", actions: ["bedrock:InvokeModelWithResponseStream"] }]
          : [],
    },
  };
}
