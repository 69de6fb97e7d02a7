import { MediaError, type Settings } from "../../layers/core/index.ts";
import { type JobOptions, textTaskOf } from "../../layers/storage/index.ts";

/**
 * Said before anything is uploaded: the service's own refusal would come window by window.
 * @throws MediaError `request.invalid`
 */
export function refuseWhatTheProviderLacks(
  options: JobOptions,
  { ASR_PROVIDER }: Pick<Settings, "ASR_PROVIDER">,
): void {
  if (ASR_PROVIDER === "local" || options.transcript) return;
  const local = ["mode", "task", ...localOptions].find((name) => {
    if (name === "mode") return options.mode === "exact";
    if (name === "task")
      return textTaskOf(options) === "language" || (textTaskOf(options) === "translate" && ASR_PROVIDER !== "openai");
    return options[name as keyof JobOptions] !== undefined;
  });
  if (local === undefined) return;
  const asked = local === "mode" ? options.mode : local === "task" ? textTaskOf(options) : undefined;
  const value = asked === undefined ? "this option" : `"${asked}"`;
  throw new MediaError(
    "request.invalid",
    `options.${local}: ${value} works with the model of this host only, and ASR_PROVIDER=${ASR_PROVIDER} is set. Leave it out.`,
  );
}

const localOptions = [
  ...["hotwords", "beamSize", "patience", "lengthPenalty", "bestOf", "temperatures"],
  ...["compressionRatioThreshold", "logprobThreshold", "noSpeechThreshold"],
];
