import { createHash } from "node:crypto";
import { isSecretSetting, type SettingName } from "../../../layers/core/index.ts";
import type { FunctionName, FunctionSpec } from "../../app/index.ts";
import { componentName } from "../deployment.ts";

export type Secrets = ReturnType<typeof createSecrets>;

/**
 * What is set by `sst secret set` and kept encrypted: the access token, and the secret settings that some function asks for.
 * A function gets the token's hash alone.
 */
export function createSecrets(specs: Record<FunctionName, FunctionSpec>) {
  const asked = new Set(Object.values(specs).flatMap((spec) => spec.settings));
  // An OpenAI-compatible service of one's own may want no key: an empty setting counts as not set.
  const optional = new Map(
    [...asked].filter(isSecretSetting).map((name) => [name, new sst.Secret(secretName(name), "")] as const),
  );
  const token = new sst.Secret("AccessToken");
  return {
    accessTokenSha256: token.value.apply((value) => createHash("sha256").update(value).digest("hex")),
    setting: (name: SettingName): $util.Output<string> => {
      const secret = optional.get(name);
      if (!secret) throw new Error(`${name} is not a secret that a function asks for.`);
      return secret.value;
    },
  };
}

/** `OPENAI_API_KEY` → `OpenaiApiKey`. */
function secretName(name: SettingName): string {
  return componentName(name.toLowerCase());
}
