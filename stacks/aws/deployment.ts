import { MediaError, originsOf, readSettings, type Settings } from "../../layers/core/index.ts";
import type { FunctionName } from "../app/index.ts";

/** What a deployment is, apart from the app itself: decided by the stage's name and the environment of `sst deploy`. */
export type Deployment = {
  appName: string;
  stage: string;
  /** Resources that hold data outlive the stack, and the stack cannot be removed by mistake. */
  production: boolean;
  settings: Settings;
  architecture: "arm64" | "x86_64";
  /** Origins of pages other than the deployed one. */
  pageOrigins: string[];
  /** The vector bucket of Amazon S3 Vectors, and whether it is the stack's own; one that the settings name exists already. */
  vectors: { bucket: string; own: boolean };
};

/** Where a default for one machine is not right for a cloud: windows of one job run on this many functions at once; no disk is shared. */
const cloudDefaults = { MAX_CONCURRENCY: "20", SEARCH_INDEX: "none" };

/**
 * The settings of a deployment, which `npm run layers` packs for. A variable that is empty counts as not set.
 * @throws MediaError `config.invalid` for what cannot be used, or not there
 */
export function cloudSettings(environment: Record<string, string | undefined>): Settings {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const settings = readSettings({ ...cloudDefaults, ...given });
  if (settings.SEARCH_INDEX !== "sqlite") return settings;
  throw new MediaError(
    "config.invalid",
    "SEARCH_INDEX=sqlite keeps passages in a file, and functions on AWS share no disk. Set it to s3vectors, pinecone or none.",
  );
}

/** Physical names hold the stage's name, and 64 characters is the shortest limit among them (Lambda, IAM). */
const stagePattern = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,29}[a-zA-Z0-9])?$/;

/**
 * @throws MediaError `config.invalid` for settings that cannot be used
 * @throws Error for a stage whose name cannot be part of a resource's name
 */
export function deploymentOf(
  app: { name: string; stage: string; production: boolean },
  environment: Record<string, string | undefined>,
): Deployment {
  if (!stagePattern.test(app.stage)) {
    throw new Error(
      `The stage "${app.stage}" cannot be part of AWS names. Use letters, digits and hyphens, 31 at most: sst deploy --stage my-stage`,
    );
  }
  const settings = cloudSettings(environment);
  const { SEARCH_INDEX, S3VECTORS_BUCKET } = settings;
  const vectors = { bucket: S3VECTORS_BUCKET ?? namesOf({ appName: app.name, stage: app.stage }).vectors };
  if (SEARCH_INDEX === "s3vectors") settings.S3VECTORS_BUCKET = vectors.bucket;
  return {
    appName: app.name,
    stage: app.stage,
    production: app.production,
    settings,
    vectors: { ...vectors, own: SEARCH_INDEX === "s3vectors" && S3VECTORS_BUCKET === undefined },
    architecture: settings.HALFGIG_ARCHITECTURE,
    pageOrigins: originsOf(settings.HALFGIG_PAGE_ORIGINS),
  };
}

/** Names that are known before anything exists: ARNs can be written down without waiting for each other. */
export function namesOf({ appName, stage }: Pick<Deployment, "appName" | "stage">) {
  const prefix = `${appName}-${stage}`;
  return {
    function: (name: FunctionName) => `${prefix}-${name}`,
    functionLogs: (name: FunctionName) => `/aws/lambda/${prefix}-${name}`,
    machine: `${prefix}-media`,
    // Step Functions' log groups need this beginning, or their resource policy grows past its limit.
    machineLogs: `/aws/vendedlogs/states/${prefix}-media`,
    deadLetters: `${prefix}-dead-letters`,
    dashboard: prefix,
    /** The topic that alarms speak to. */
    alarms: `${prefix}-alarms`,
    rule: (name: string) => `${prefix}-${name}`,
    metrics: `${appName}/${stage}`,
    layer: (name: string) => `${prefix}-${name}`,
    /** Vector buckets have names in lower case. */
    vectors: `${prefix}-passages`.toLowerCase(),
    alarm: (name: string) => `${prefix}-${name}`,
  };
}

export type Names = ReturnType<typeof namesOf>;

/** A component's name in SST: PascalCase. */
export function componentName(name: string): string {
  return name
    .split(/[^a-zA-Z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
}
