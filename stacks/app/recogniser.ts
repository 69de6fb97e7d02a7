import type { Settings } from "../../layers/core/index.ts";
import type { ModelManifest } from "../../layers/models/index.ts";
import { searchDefaults } from "../../layers/speech/index.ts";

/** What a transcript says of the model that made it. */
export type ModelCard = { id: string; revision: string; sha256: string; precision: string; demo: boolean };

/** False where no job can come to need the model here: then it need not be on this machine. */
export function needsModel(settings: Settings): boolean {
  return settings.ASR_PROVIDER === "local" && !settings.DISABLE_WHISPER && !settings.SKIP_AI_MODELS;
}

/**
 * Who recognises speech, as part of what identifies a result: equal files with equal options share one, unless they were done by
 * different weights, another service, or with something switched off.
 */
export function recogniserIdentity(settings: Settings, manifest: ModelManifest | undefined): string {
  const off = (["DISABLE_WHISPER", "SKIP_AI_MODELS", "DISABLE_LANGUAGE_DETECTION", "DISABLE_ASR_FALLBACK"] as const)
    .filter((name) => settings[name])
    .map((name) => `-${name.toLowerCase()}`);
  return [whoRecognises(settings, manifest), ...off].join(" ");
}

function whoRecognises(settings: Settings, manifest: ModelManifest | undefined): string {
  const { ASR_PROVIDER, OPENAI_BASE_URL, OPENAI_TRANSCRIPTION_MODEL, HALFGIG_INFER_MEMORY } = settings;
  if (ASR_PROVIDER === "openai") {
    const { host, pathname } = new URL(OPENAI_BASE_URL);
    return `${OPENAI_TRANSCRIPTION_MODEL}@${host}${pathname}`;
  }
  if (ASR_PROVIDER === "transcribe") return "amazon-transcribe";
  if (!manifest) return "none";
  const { beamSize } = searchDefaults(HALFGIG_INFER_MEMORY);
  const search = beamSize === 1 ? "" : `/beam${beamSize}`;
  return `${manifest.id}@${manifest.checkpointSha256.slice(0, 12)}/${manifest.precision}${search}`;
}

/** Null where nobody recognises anything. */
export function modelCard(settings: Settings, manifest: ModelManifest | undefined): ModelCard | null {
  const remote = { sha256: "", precision: "remote", demo: false };
  if (settings.ASR_PROVIDER === "openai") {
    return { id: settings.OPENAI_TRANSCRIPTION_MODEL, revision: new URL(settings.OPENAI_BASE_URL).host, ...remote };
  }
  if (settings.ASR_PROVIDER === "transcribe") return { id: "amazon-transcribe", revision: "", ...remote };
  if (!manifest) return null;
  const { id, revision, checkpointSha256, precision, demo } = manifest;
  return { id, revision, sha256: checkpointSha256, precision, demo };
}
