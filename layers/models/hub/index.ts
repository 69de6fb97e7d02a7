import { MediaError } from "../../core/index.ts";
import { DirectorySource } from "./directory-source.ts";
import { HttpSource } from "./http-source.ts";
import type { HubSettings } from "./settings.ts";
import type { ModelSource } from "./source.ts";

export { type DownloadedFile, type DownloadProgress, downloadFile, type Expectation, gitBlobSha1 } from "./download.ts";
export { resolveUrl } from "./http-source.ts";
export { forgetReceipt } from "./part-file.ts";
export { defaultPatience, type HubPatience, type HubSettings, hubSettings } from "./settings.ts";
export type { ModelSource } from "./source.ts";

/**
 * The place that models are fetched from.
 * @throws MediaError `model.hub_unreachable` where the network is forbidden and there is no mirror
 */
export function openSource(hub: HubSettings): ModelSource {
  if (hub.mirrorDirectory !== undefined) return new DirectorySource(hub.mirrorDirectory);
  if (!hub.offline) return new HttpSource(hub);
  throw new MediaError(
    "model.hub_unreachable",
    "HF_HUB_OFFLINE forbids to ask the model hub for anything. Unset it, or name a folder with the model in HALFGIG_MODEL_MIRROR.",
  );
}
