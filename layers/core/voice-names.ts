/**
 * What voice detectors are called by those who choose one, and the ids of the models that these words stand for. `demo` is the
 * one that is shipped with halfgig.
 */
export const voiceModelIds = {
  ast: "ast-asvspoof5",
  "ast-voxcelebspoof": "ast-voxcelebspoof",
  xlsr: "xlsr-pellav2",
  demo: "demo-ast",
} as const;

export type VoiceModelName = keyof typeof voiceModelIds;

export const voiceModelNames = Object.keys(voiceModelIds) as [VoiceModelName, ...VoiceModelName[]];
