import { join } from "node:path";
import { type EnvironmentName, sha256Hex } from "../../../layers/core/index.ts";
import { modelLayerPath } from "../../../layers/models/layer.ts";
import { sileroLayerPath, sileroSource } from "../../../layers/voice-activity/layer.ts";
import {
  type FunctionName,
  type FunctionSpec,
  modelCard,
  recogniserIdentity,
  routeScopes,
  voiceVariables,
} from "../../app/index.ts";
import type { Access } from "../access.ts";
import { functionPlace } from "../artefacts.ts";
import type { Bundles } from "../bundle.ts";
import { bucketName, type Endpoints, functionArn, functionEnvironment, stateMachineArn } from "../environment.ts";
import type { HostOptions } from "../host.ts";
import { type InvocationReport, LambdaHost } from "../lambda/index.ts";
import { projectRoot } from "../project-root.ts";
import { searchValues } from "../search.ts";
import { shareOf } from "../system/index.ts";

export type FunctionsOptions = Pick<
  HostOptions,
  "dataDirectory" | "settings" | "model" | "voice" | "embedding" | "system" | "artefacts" | "runtimeCommand"
> & {
  specs: Readonly<Record<FunctionName, FunctionSpec>>;
  access: Access;
  accessToken: string;
  /** Where the functions' bundles are, unless they run from what was packed. */
  bundles: Bundles;
  endpoints: Endpoints;
  onReport: (report: InvocationReport) => void;
};

/** Every function of the app, each with the environment, the memory and the concurrency of its description, or its share of the limit for all. */
export function lambdaOf({ specs, settings, system, ...options }: FunctionsOptions): LambdaHost {
  const { access, endpoints, dataDirectory } = options;
  const values = environmentValues({ settings, ...options });
  const pathOf = (model: { manifest: { id: string } } | undefined) => model && modelLayerPath(model.manifest.id);
  const layerPaths = {
    MODEL_DIR: pathOf(options.model),
    VOICE_MODEL_DIR: pathOf(options.voice),
    EMBEDDING_MODEL_DIR: pathOf(options.embedding),
    ACTIVITY_MODEL_PATH: sileroLayerPath,
  };
  return new LambdaHost({
    directory: join(dataDirectory, "lambda"),
    ...(system ? { rooms: system.sizing.rooms, idleMs: system.sizing.idleMs } : {}),
    onReport: options.onReport,
    ...(options.runtimeCommand ? { runtimeCommand: options.runtimeCommand } : {}),
    functions: (Object.entries(specs) as [FunctionName, FunctionSpec][]).map(([name, spec]) => ({
      name,
      handler: "index.handler",
      memoryMB: spec.memoryMB,
      concurrency: spec.concurrency === "windows" ? settings.MAX_CONCURRENCY : spec.concurrency,
      ...(system ? shareOf(spec, system.sizing) : {}),
      timeoutSeconds: spec.timeoutSeconds,
      tmpMB: spec.tmpMB,
      ...functionPlace(
        options.artefacts ?? options.bundles,
        name,
        functionEnvironment(spec, values, settings, access.keys(name), endpoints),
        layerPaths,
      ),
    })),
  });
}

/** What the names in the functions' descriptions stand for on this machine. */
function environmentValues({
  settings,
  model,
  voice,
  embedding,
  dataDirectory,
  accessToken,
}: Omit<FunctionsOptions, "specs" | "system">): Record<EnvironmentName, string> {
  return {
    UPLOADS_BUCKET: bucketName("uploads"),
    RESULTS_BUCKET: bucketName("results"),
    STATE_MACHINE_ARN: stateMachineArn,
    MODEL_DIR: model?.directory ?? "",
    MODEL_ID: recogniserIdentity(settings, model?.manifest),
    MODEL_WINDOW_MS: String(model?.manifest.windowMs ?? 30_000),
    MODEL_MEL_BINS: String(model?.manifest.melBins ?? 80),
    MODEL_CARD: JSON.stringify(modelCard(settings, model?.manifest)),
    ACTIVITY_MODEL_PATH: join(projectRoot, sileroSource),
    ...voiceVariables(settings, voice?.manifest, voice?.directory),
    ...searchValues(dataDirectory, settings, embedding?.directory),
    INFER_FUNCTION: functionArn("infer"),
    AUTHORIZE_FUNCTION: functionArn("authorize"),
    ROUTE_SCOPES: JSON.stringify(routeScopes),
    ACCESS_TOKEN_SHA256: sha256Hex(accessToken),
  };
}
