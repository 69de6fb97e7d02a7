import { join } from "node:path";
import type { EnvironmentName, Settings, settingSchemas } from "../../layers/core/index.ts";
import type { FunctionSpec } from "../app/index.ts";
import type { KeyPair } from "./credentials.ts";
import { projectRoot } from "./project-root.ts";

/** One region for everything; the name is AWS's, because SDKs sign with it. */
export const region = "us-east-1";
export const accountId = "000000000000";
/** A bucket's name on this machine. */
export const bucketName = (name: string) => `halfgig-${name}`;
export const stateMachineArn = `arn:aws:states:${region}:${accountId}:stateMachine:media`;
export const functionArn = (name: string) => `arn:aws:lambda:${region}:${accountId}:function:${name}`;

/** Where the SDKs find this machine's services: the standard variables, so handlers hold nothing that is local. */
export type Endpoints = { s3: string; states: string; lambda: string };

/** A function's whole environment: what its description names, its own credentials, and nothing else. */
export function functionEnvironment(
  spec: FunctionSpec,
  values: Record<EnvironmentName, string>,
  settings: Settings,
  keys: KeyPair,
  endpoints: Endpoints,
): Record<string, string> {
  const environment: Record<string, string> = {
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_REGION: region,
    AWS_ENDPOINT_URL_S3: endpoints.s3,
    AWS_ENDPOINT_URL_SFN: endpoints.states,
    AWS_ENDPOINT_URL_LAMBDA: endpoints.lambda,
    // There is no instance metadata here, and asking for it would stall the SDK.
    AWS_EC2_METADATA_DISABLED: "true",
    // Stands for /opt/nodejs/node_modules, where Lambda's runtime finds what layers bring.
    NODE_PATH: join(projectRoot, "node_modules"),
    ...spec.constants,
  };
  for (const name of spec.environment) environment[name] = values[name];
  for (const name of spec.settings) {
    const value = settings[name as keyof typeof settingSchemas];
    if (value !== undefined) environment[name] = String(value);
  }
  return environment;
}
