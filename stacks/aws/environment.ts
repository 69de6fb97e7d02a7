import { type EnvironmentName, isSecretSetting, type SettingName, type Settings } from "../../layers/core/index.ts";
import type { EmbeddingManifest, ModelManifest, VoiceManifest } from "../../layers/models/index.ts";
import { sileroLayerPath } from "../../layers/voice-activity/layer.ts";
import { type FunctionSpec, modelCard, recogniserIdentity, routeScopes, voiceVariables } from "../app/index.ts";

/** What only the running stack knows. */
export type StackValues<T> = {
  uploadsBucket: T;
  resultsBucket: T;
  stateMachineArn: T;
  accessTokenSha256: T;
  /** Name or ARN of the function that runs the models. */
  inferFunction: T;
  /** Name or ARN of the authorizer. */
  authorizeFunction: T;
};

/** Where Lambda unpacks the layer of a model. */
const modelDirectory = (manifest: { id: string } | undefined) => (manifest ? `/opt/models/${manifest.id}` : "");

/** The manifests of the models that were packed; undefined where there is none. */
export type PackedModels = {
  speech: ModelManifest | undefined;
  voice: VoiceManifest | undefined;
  embedding: EmbeddingManifest | undefined;
};

/** A value for each variable that a function may ask for. A new name in layers/core does not compile until it has one here. */
export function environmentValues<T>(
  values: StackValues<T>,
  settings: Settings,
  { speech, voice, embedding }: PackedModels,
): Record<EnvironmentName, T | string> {
  return {
    UPLOADS_BUCKET: values.uploadsBucket,
    RESULTS_BUCKET: values.resultsBucket,
    STATE_MACHINE_ARN: values.stateMachineArn,
    MODEL_DIR: modelDirectory(speech),
    MODEL_ID: recogniserIdentity(settings, speech),
    MODEL_WINDOW_MS: String(speech?.windowMs ?? 30_000),
    MODEL_MEL_BINS: String(speech?.melBins ?? 80),
    MODEL_CARD: JSON.stringify(modelCard(settings, speech)),
    ACTIVITY_MODEL_PATH: `/opt/${sileroLayerPath}`,
    ...voiceVariables(settings, voice, modelDirectory(voice)),
    // There is no disk that functions share: search needs S3 Vectors or Pinecone here.
    SEARCH_INDEX_PATH: "",
    SEARCH_EXTENSION_PATH: "",
    EMBEDDING_MODEL_DIR: modelDirectory(embedding),
    INFER_FUNCTION: values.inferFunction,
    AUTHORIZE_FUNCTION: values.authorizeFunction,
    ROUTE_SCOPES: JSON.stringify(routeScopes),
    ACCESS_TOKEN_SHA256: values.accessTokenSha256,
  };
}

/** A function's whole environment: what its description names, and nothing else. */
export function functionVariables<T>(
  spec: FunctionSpec,
  values: Record<EnvironmentName, T | string>,
  settings: Settings,
  secret: (name: SettingName) => T,
): Record<string, T | string> {
  const variables: Record<string, T | string> = { ...spec.constants };
  for (const name of spec.environment) variables[name] = values[name];
  for (const name of spec.settings) {
    if (isSecretSetting(name)) variables[name] = secret(name);
    else if (settings[name] !== undefined) variables[name] = String(settings[name]);
  }
  return variables;
}
