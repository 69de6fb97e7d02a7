import type { Settings } from "../../layers/core/index.ts";
import { askAuthorizer, records, small, streams, transcripts } from "./function-parts.ts";
import type { FunctionName, FunctionSpec } from "./function-spec.ts";
import { searchParts } from "./search.ts";

/** The functions that search, answer questions and index anew. */
export function searchFunctions(settings: Settings) {
  const { searches, keepsPassages, clears, answers } = searchParts(settings);
  return {
    search: {
      ...small,
      ...searches,
      entry: "functions/api/search.ts",
      grants: [records("s3:GetObject", "s3:ListBucket"), ...searches.grants],
    },
    ask: {
      ...small,
      ...searches,
      ...streams("ask"),
      constants: { ...searches.constants, ...streams("ask").constants },
      timeoutSeconds: 120,
      entry: "functions/api/ask.ts",
      environment: [...searches.environment, "AUTHORIZE_FUNCTION"],
      settings: [...searches.settings, ...answers.settings],
      grants: [records("s3:GetObject", "s3:ListBucket"), askAuthorizer, ...searches.grants, ...answers.grants],
    },
    reindex: {
      ...small,
      ...searches,
      entry: "functions/api/reindex.ts",
      grants: [
        records("s3:GetObject", "s3:ListBucket"),
        transcripts("s3:GetObject", "s3:ListBucket"),
        ...keepsPassages.grants,
        ...clears.grants,
      ],
    },
  } satisfies Partial<Record<FunctionName, FunctionSpec>>;
}
