import { MediaError } from "./errors.ts";

/** What a stack tells its functions through the environment. Each name is declared per function in stacks/app. */
export type EnvironmentName =
  | "UPLOADS_BUCKET"
  | "RESULTS_BUCKET"
  | "STATE_MACHINE_ARN"
  | "MODEL_DIR"
  | "MODEL_ID"
  | "MODEL_WINDOW_MS"
  | "MODEL_MEL_BINS"
  | "MODEL_CARD"
  | "ACTIVITY_MODEL_PATH"
  | "INFER_FUNCTION"
  | "AUTHORIZE_FUNCTION"
  | "VOICE_MODEL_DIR"
  | "VOICE_MODEL_KEY"
  | "VOICE_MODEL_ID"
  | "VOICE_MODEL_CARD"
  | "SEARCH_INDEX_PATH"
  | "SEARCH_EXTENSION_PATH"
  | "EMBEDDING_MODEL_DIR"
  | "ROUTE_SCOPES"
  | "ACCESS_TOKEN_SHA256";

/** @throws MediaError `config.invalid` when the stack did not set the variable. */
export function environmentValue(name: EnvironmentName): string {
  const value = process.env[name];
  if (value === undefined || value === "") {
    throw new MediaError(
      "config.invalid",
      `The environment variable ${name} is missing; the stack must set it for this function.`,
    );
  }
  return value;
}
